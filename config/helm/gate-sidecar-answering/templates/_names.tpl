{{- define "answering.name" -}}
{{- printf "%s-answering" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "answering.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "answering.labels" -}}
{{ include "answering.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Whether the configuration names a store that replicas share: "on", or nothing. */}}
{{- define "answering.fleet" -}}
{{- if get (get .Values.config "fleet" | default dict) "url" -}}on{{- end -}}
{{- end -}}

{{/* gate-sidecar.yaml: what the values say, and what the other templates rely on. */}}
{{- define "answering.file" -}}
{{- $forced := dict
      "answer" (dict "address" "0.0.0.0:9904")
      "listener" (dict "address" "127.0.0.1:8080")
      "status" (dict "address" "0.0.0.0:9902")
      "gate" (dict "secret_key_file" "/etc/gate-sidecar/secret/secret-key") -}}
{{- if include "answering.fleet" . -}}
{{- $_ := set $forced "fleet" (dict "key_file" "/etc/gate-sidecar/fleet/key") -}}
{{- if .Values.fleetSecret.passwordKey -}}
{{- $_ := set $forced.fleet "password_file" "/etc/gate-sidecar/fleet/password" -}}
{{- end -}}
{{- if .Values.fleetSecret.sentinelPasswordKey -}}
{{- $_ := set $forced.fleet "sentinel" (dict "password_file" "/etc/gate-sidecar/fleet/sentinel-password") -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $forced) -}}
{{- end -}}
