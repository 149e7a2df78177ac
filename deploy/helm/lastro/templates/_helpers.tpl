{{- define "lastro.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "lastro.labels" -}}
app.kubernetes.io/name: lastro
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "lastro.selector" -}}
app.kubernetes.io/name: lastro
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .process }}
{{- end -}}

{{- define "lastro.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "lastro.env" -}}
- name: LASTRO_DATABASE_URL
  value: {{ required "database.url is missing: postgresql://USER@HOST/DATABASE" .Values.database.url | quote }}
- name: LASTRO_DATABASE_PASSWORD_FILE
  value: /etc/lastro/database/password
- name: LASTRO_MASTER_KEY_FILE
  value: /etc/lastro/master/key
- name: LASTRO_SCHEMA
  value: {{ .Values.database.schema | quote }}
- name: LASTRO_DATABASE_POOL
  value: {{ .Values.database.pool | quote }}
- name: LASTRO_EVENT_SOURCE
  value: {{ .Values.eventSource | quote }}
- name: LASTRO_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
- name: LASTRO_HOME
  value: /tmp/lastro
{{- if .Values.kafka.bootstrap }}
- name: LASTRO_KAFKA
  value: {{ .Values.kafka.bootstrap | quote }}
- name: LASTRO_KAFKA_PREFIX
  value: {{ .Values.kafka.prefix | quote }}
- name: LASTRO_KAFKA_SECURITY
  value: {{ .Values.kafka.security | quote }}
{{- if .Values.kafka.user }}
- name: LASTRO_KAFKA_MECHANISM
  value: {{ .Values.kafka.mechanism | quote }}
- name: LASTRO_KAFKA_USER
  value: {{ .Values.kafka.user | quote }}
{{- end }}
{{- if .Values.kafka.passwordSecret.name }}
- name: LASTRO_KAFKA_PASSWORD_FILE
  value: /etc/lastro/kafka/password
{{- end }}
{{- if .Values.kafka.caSecret.name }}
- name: LASTRO_KAFKA_CA_FILE
  value: /etc/lastro/kafka-ca/ca.crt
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lastro.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: database, mountPath: /etc/lastro/database, readOnly: true }
- { name: master, mountPath: /etc/lastro/master, readOnly: true }
{{- if and .Values.kafka.bootstrap .Values.kafka.passwordSecret.name }}
- { name: kafka, mountPath: /etc/lastro/kafka, readOnly: true }
{{- end }}
{{- if and .Values.kafka.bootstrap .Values.kafka.caSecret.name }}
- { name: kafka-ca, mountPath: /etc/lastro/kafka-ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "lastro.secret" -}}
- name: {{ .volume }}
  secret:
    secretName: {{ .secret.name }}
    items: [{ key: {{ .secret.key | quote }}, path: {{ .path }} }]
    defaultMode: 0440
{{- end -}}

{{- define "lastro.volumes" -}}
- name: tmp
  emptyDir: {}
{{ include "lastro.secret" (dict "volume" "database" "secret" .Values.database.passwordSecret "path" "password") }}
{{ include "lastro.secret" (dict "volume" "master" "secret" .Values.masterKey.secret "path" "key") }}
{{- if and .Values.kafka.bootstrap .Values.kafka.passwordSecret.name }}
{{ include "lastro.secret" (dict "volume" "kafka" "secret" .Values.kafka.passwordSecret "path" "password") }}
{{- end }}
{{- if and .Values.kafka.bootstrap .Values.kafka.caSecret.name }}
{{ include "lastro.secret" (dict "volume" "kafka-ca" "secret" .Values.kafka.caSecret "path" "ca.crt") }}
{{- end }}
{{- end -}}

{{- define "lastro.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "lastro.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* A process: dict "root" $ "process" NAME "command" LIST "replicas" N "port" N "probe" PATH "recreate" BOOL */ -}}
{{- define "lastro.process" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "lastro.name" $root }}-{{ .process }}
  labels:
    {{- include "lastro.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  replicas: {{ .replicas }}
  {{- if .recreate }}
  strategy: { type: Recreate }
  {{- end }}
  selector:
    matchLabels:
      {{- include "lastro.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "lastro.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .process }}
      {{- if $root.Values.metrics.annotations }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ .port | quote }}
        prometheus.io/path: /metrics
      {{- end }}
    spec:
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 60
      securityContext:
        {{- include "lastro.podSecurity" $root | nindent 8 }}
      containers:
        - name: {{ .process }}
          image: {{ include "lastro.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ toJson .command }}
          env:
            {{- include "lastro.env" $root | nindent 12 }}
            - name: LASTRO_METRICS_PORT
              value: "9100"
            - name: LASTRO_METRICS_HOST
              value: "0.0.0.0"
            {{- range $name, $value := .env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          ports:
            - { name: {{ .portName }}, containerPort: {{ .port }} }
          startupProbe:
            httpGet: { path: {{ .alive }}, port: {{ .portName }} }
            periodSeconds: 3
            failureThreshold: 40
          livenessProbe:
            httpGet: { path: {{ .alive }}, port: {{ .portName }} }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          {{- if .ready }}
          readinessProbe:
            httpGet: { path: {{ .ready }}, port: {{ .portName }} }
            periodSeconds: 5
            timeoutSeconds: 5
          {{- end }}
          resources:
            {{- toYaml .resources | nindent 12 }}
          securityContext:
            {{- include "lastro.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            {{- include "lastro.mounts" $root | nindent 12 }}
      volumes:
        {{- include "lastro.volumes" $root | nindent 8 }}
      {{- with $root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
