{{/* A native sidecar, for the list `initContainers` of a Pod. */}}
{{- define "gate-sidecar.container" -}}
{{- $v := include "gate-sidecar.values" . | fromYaml -}}
- name: gate-sidecar
  image: {{ $v.image | quote }}
  imagePullPolicy: {{ $v.imagePullPolicy }}
  restartPolicy: Always
  env:
    - {name: GATE_SIDECAR_CONFIG, value: /etc/gate-sidecar/config/gate-sidecar.yaml}
  ports:
    - {name: gate, containerPort: {{ int $v.ports.http }}}
    - {name: status, containerPort: {{ int $v.ports.status }}}
  startupProbe:
    httpGet: {path: /livez, port: status}
    periodSeconds: 1
    failureThreshold: 30
  livenessProbe:
    httpGet: {path: /livez, port: status}
    periodSeconds: 10
    timeoutSeconds: 2
  readinessProbe:
    httpGet: {path: /readyz, port: status}
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 1
  lifecycle:
    preStop:
      exec: {command: ["/usr/bin/gate-sidecar", "drain"]}
  resources:
    {{- toYaml $v.resources | nindent 4 }}
  securityContext:
    runAsUser: 65532
    runAsGroup: 65532
    runAsNonRoot: true
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: ["ALL"]}
    seccompProfile: {type: RuntimeDefault}
  volumeMounts:
    - {name: gate-sidecar-config, mountPath: /etc/gate-sidecar/config, readOnly: true}
    - {name: gate-sidecar-key, mountPath: /etc/gate-sidecar/secret, readOnly: true}
    {{- if include "gate-sidecar.fleet" . }}
    - {name: gate-sidecar-fleet, mountPath: /etc/gate-sidecar/fleet, readOnly: true}
    {{- end }}
{{- end -}}

{{/* Its volumes, for the list `volumes` of a Pod. */}}
{{- define "gate-sidecar.volumes" -}}
{{- $v := include "gate-sidecar.values" . | fromYaml -}}
- name: gate-sidecar-config
  configMap: {name: {{ include "gate-sidecar.configName" . }}}
- name: gate-sidecar-key
  secret:
    secretName: {{ $v.secretKey.name | required "gate-sidecar.secretKey.name: an existing Secret with the secret key for Gate" }}
    items: [{key: {{ $v.secretKey.key }}, path: secret-key}]
    defaultMode: 0444  # each container has its own mounts: the API does not see it
{{- if include "gate-sidecar.fleet" . }}
- name: gate-sidecar-fleet
  secret:
    secretName: {{ $v.fleetSecret.name | required "gate-sidecar.fleetSecret.name: an existing Secret with the fleet's key" }}
    items:
      - {key: {{ $v.fleetSecret.key }}, path: key}
      {{- if $v.fleetSecret.passwordKey }}
      - {key: {{ $v.fleetSecret.passwordKey }}, path: password}
      {{- end }}
      {{- if $v.fleetSecret.sentinelPasswordKey }}
      - {key: {{ $v.fleetSecret.sentinelPasswordKey }}, path: sentinel-password}
      {{- end }}
    defaultMode: 0444
{{- end }}
{{- end -}}

{{/* Labels for the Pod: the admission policy and the PodMonitor look for them. */}}
{{- define "gate-sidecar.podLabels" -}}
gate-sidecar/required: "true"
{{- end -}}
