# The founding story as Terraform writes it.

variable "endpoint" {}

variable "max_capacity" {
  default = 20
}

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region                      = "ap-northeast-2"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    applicationautoscaling = var.endpoint
    cloudwatch             = var.endpoint
  }
}

resource "aws_appautoscaling_target" "search_api" {
  service_namespace  = "ecs"
  resource_id        = "service/B/search-api"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = var.max_capacity
}

resource "aws_appautoscaling_policy" "scale_out" {
  name               = "ECSPersonalScaleOutPolicyProd"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.search_api.service_namespace
  resource_id        = aws_appautoscaling_target.search_api.resource_id
  scalable_dimension = aws_appautoscaling_target.search_api.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 300
    metric_aggregation_type = "Average"

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 10
      scaling_adjustment          = 2
    }

    step_adjustment {
      metric_interval_lower_bound = 10
      metric_interval_upper_bound = 20
      scaling_adjustment          = 2
    }

    step_adjustment {
      metric_interval_lower_bound = 20
      scaling_adjustment          = 4
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "scale_out" {
  alarm_name          = "ECSPersonalScaleOutAlarmProd"
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 1
  threshold           = 30
  comparison_operator = "GreaterThanOrEqualToThreshold"
  alarm_actions       = [aws_appautoscaling_policy.scale_out.arn]

  dimensions = {
    ClusterName = "B"
    ServiceName = "search-api"
  }
}
