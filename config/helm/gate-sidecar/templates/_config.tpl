{{/* The values of this chart: below `gate-sidecar` in the chart that uses it, or those given as `values`. */}}
{{- define "gate-sidecar.values" -}}
{{- $own := index .Values "gate-sidecar" | required "values: set gate-sidecar.secretKey.name (the chart gate-sidecar must be a dependency)" -}}
{{- toYaml $own -}}
{{- end -}}

{{/* The name of the ConfigMap. */}}
{{- define "gate-sidecar.configName" -}}
{{- printf "%s-gate-sidecar" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Whether the configuration names a store that replicas share: "on", or nothing. */}}
{{- define "gate-sidecar.fleet" -}}
{{- $v := include "gate-sidecar.values" . | fromYaml -}}
{{- if get (get $v.config "fleet" | default dict) "url" -}}on{{- end -}}
{{- end -}}

{{/* gate-sidecar.yaml: what the values say, and what the other templates rely on. */}}
{{- define "gate-sidecar.file" -}}
{{- $v := include "gate-sidecar.values" . | fromYaml -}}
{{- $forced := dict
      "listener" (dict "address" (printf "0.0.0.0:%d" (int $v.ports.http)))
      "status" (dict "address" (printf "0.0.0.0:%d" (int $v.ports.status)))
      "gate" (dict "secret_key_file" "/etc/gate-sidecar/secret/secret-key") -}}
{{- if include "gate-sidecar.fleet" . -}}
{{- $_ := set $forced "fleet" (dict "key_file" "/etc/gate-sidecar/fleet/key") -}}
{{- if $v.fleetSecret.passwordKey -}}
{{- $_ := set $forced.fleet "password_file" "/etc/gate-sidecar/fleet/password" -}}
{{- end -}}
{{- if $v.fleetSecret.sentinelPasswordKey -}}
{{- $_ := set $forced.fleet "sentinel" (dict "password_file" "/etc/gate-sidecar/fleet/sentinel-password") -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy $v.config) $forced) -}}
{{- end -}}

{{/* A ConfigMap, as a document of its own. */}}
{{- define "gate-sidecar.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "gate-sidecar.configName" . }}
  labels: {app.kubernetes.io/managed-by: {{ .Release.Service }}, app.kubernetes.io/instance: {{ .Release.Name }}}
data:
  gate-sidecar.yaml: |
    {{- include "gate-sidecar.file" . | nindent 4 }}
{{- end -}}
