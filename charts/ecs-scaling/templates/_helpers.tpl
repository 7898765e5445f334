{{- define "ecs-scaling.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ecs-scaling.fullname" -}}
{{- $name := include "ecs-scaling.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "ecs-scaling.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ecs-scaling.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ecs-scaling.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "ecs-scaling.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ecs-scaling.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ecs-scaling.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "ecs-scaling.tokenSecret" -}}
{{- default (printf "%s-api-token" (include "ecs-scaling.fullname" .)) .Values.apiToken.existingSecret }}
{{- end }}

{{- define "ecs-scaling.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- /* Each ConfigMap with objects, and the directory below /etc/ecs-scaling that it is mounted at. */ -}}
{{- define "ecs-scaling.configMaps" -}}
{{- if .Values.objects }}
- {{ include "ecs-scaling.fullname" . }}-objects
{{- end }}
{{- range .Values.existingConfigMaps }}
- {{ . }}
{{- end }}
{{- end }}
