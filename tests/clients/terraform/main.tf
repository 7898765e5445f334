# The founding story as Terraform writes it; with `more`, the other kinds of scaling on the same target as well.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type        = string
  description = "Where the sandbox listens, such as http://127.0.0.1:14566."
}

variable "max_capacity" {
  type    = number
  default = 20
}

variable "more" {
  type        = bool
  default     = false
  description = "Whether target tracking and a scheduled action stand beside the step policy."
}

provider "aws" {
  region                      = "ap-northeast-2"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    appautoscaling = var.endpoint
    cloudwatch     = var.endpoint
  }
}

resource "aws_appautoscaling_target" "search_api" {
  service_namespace  = "ecs"
  resource_id        = "service/B/search-api"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = var.max_capacity
  tags               = { made-by = "terraform" }
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
  tags                = { made-by = "terraform" }

  dimensions = {
    ClusterName = "B"
    ServiceName = "search-api"
  }
}

resource "aws_appautoscaling_policy" "tracking" {
  count              = var.more ? 1 : 0
  name               = "search-api-memory"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.search_api.service_namespace
  resource_id        = aws_appautoscaling_target.search_api.resource_id
  scalable_dimension = aws_appautoscaling_target.search_api.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 120
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageMemoryUtilization"
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "morning" {
  count              = var.more ? 1 : 0
  name               = "morning"
  service_namespace  = aws_appautoscaling_target.search_api.service_namespace
  resource_id        = aws_appautoscaling_target.search_api.resource_id
  scalable_dimension = aws_appautoscaling_target.search_api.scalable_dimension
  schedule           = "cron(0 8 ? * MON-FRI *)"
  timezone           = "Asia/Seoul"

  scalable_target_action {
    min_capacity = 2
    max_capacity = 20
  }
}
