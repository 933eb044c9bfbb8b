{{/* A NetworkPolicy for the Pods with the labels `selector`: the sidecar's ports alone are open.
     include "gate-sidecar.networkpolicy" (dict "root" . "name" "my-api" "selector" (dict "app" "my-api")) */}}
{{- define "gate-sidecar.networkpolicy" -}}
{{- $v := include "gate-sidecar.values" .root | fromYaml -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels: {app.kubernetes.io/managed-by: {{ .root.Release.Service }}, app.kubernetes.io/instance: {{ .root.Release.Name }}}
spec:
  podSelector:
    matchLabels: {{- toYaml .selector | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {port: {{ int $v.ports.http }}, protocol: TCP}
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: {{ $v.monitoringNamespace }}}
      ports:
        - {port: {{ int $v.ports.status }}, protocol: TCP}
{{- end -}}

{{/* A PodMonitor for the same Pods; needs the Prometheus operator. */}}
{{- define "gate-sidecar.podmonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ .name }}
  labels: {app.kubernetes.io/managed-by: {{ .root.Release.Service }}, app.kubernetes.io/instance: {{ .root.Release.Name }}}
spec:
  selector:
    matchLabels: {{- toYaml .selector | nindent 6 }}
  podMetricsEndpoints:
    - {port: status, path: /metrics, interval: 30s}
{{- end -}}
