<<<<<<< HEAD
# The founding story as Terraform writes it.

variable "endpoint" {}

variable "max_capacity" {
  default = 20
}

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
=======
# Creates and refreshes what the controller manages, with another client: the second plan must say "No changes".
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
>>>>>>> rules
    }
  }
}

<<<<<<< HEAD
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
=======
variable "endpoint" {
  type        = string
  description = "Where the sandbox listens, such as http://127.0.0.1:14566."
}

variable "region" {
  type    = string
  default = "ap-northeast-2"
}

variable "cluster" {
  type    = string
  default = "C"
}

variable "service" {
  type    = string
  default = "search-api"
}

provider "aws" {
  region                      = var.region
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true

  endpoints {
    appautoscaling = var.endpoint
    cloudwatch     = var.endpoint
    ecs            = var.endpoint
    iam            = var.endpoint
    sts            = var.endpoint
  }
}

resource "aws_appautoscaling_target" "service" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster}/${var.service}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = 20
  tags               = { made-by = "terraform" }
}

resource "aws_appautoscaling_policy" "out" {
  name               = "${var.cluster}-${var.service}-out"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension
>>>>>>> rules

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 300
    metric_aggregation_type = "Average"

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 10
      scaling_adjustment          = 2
    }
<<<<<<< HEAD

=======
>>>>>>> rules
    step_adjustment {
      metric_interval_lower_bound = 10
      metric_interval_upper_bound = 20
      scaling_adjustment          = 2
    }
<<<<<<< HEAD

=======
>>>>>>> rules
    step_adjustment {
      metric_interval_lower_bound = 20
      scaling_adjustment          = 4
    }
  }
}

<<<<<<< HEAD
resource "aws_cloudwatch_metric_alarm" "scale_out" {
  alarm_name          = "ECSPersonalScaleOutAlarmProd"
=======
resource "aws_appautoscaling_policy" "tracking" {
  name               = "${var.cluster}-${var.service}-memory"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension

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
  name               = "morning"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension
  schedule           = "cron(0 8 ? * MON-FRI *)"
  timezone           = "Asia/Seoul"

  scalable_target_action {
    min_capacity = 2
    max_capacity = 20
  }
}

resource "aws_cloudwatch_metric_alarm" "high" {
  alarm_name          = "${var.cluster}-${var.service}-cpu-high"
  alarm_description   = "CPU of ${var.service} is high"
>>>>>>> rules
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 1
  threshold           = 30
  comparison_operator = "GreaterThanOrEqualToThreshold"
<<<<<<< HEAD
  alarm_actions       = [aws_appautoscaling_policy.scale_out.arn]

  dimensions = {
    ClusterName = "B"
    ServiceName = "search-api"
=======
  alarm_actions       = [aws_appautoscaling_policy.out.arn]
  tags                = { made-by = "terraform" }

  dimensions = {
    ClusterName = var.cluster
    ServiceName = var.service
>>>>>>> rules
  }
}
