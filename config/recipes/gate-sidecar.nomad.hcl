# Nomad: two tasks of one group share a network of their own; only the sidecar's port is mapped.
#
#   nomad var put nomad/jobs/sample-api secret_key=sk_live_yours
#   nomad job run gate-sidecar.nomad.hcl
#
# Marked CHANGE: the images.
job "sample-api" {
  group "api" {
    network {
      mode = "bridge"
      port "http" { to = 8080 }
      port "status" { to = 9902 }
    }

    service {
      name     = "sample-api"
      port     = "http"
      provider = "nomad"
      check {
        type     = "http"
        port     = "status"
        path     = "/readyz"
        interval = "5s"
        timeout  = "2s"
      }
    }

    task "gate-sidecar" {
      driver       = "docker"
      kill_timeout = "30s" # longer than delay and grace together
      lifecycle {
        hook    = "prestart" # starts before the API, ends after it
        sidecar = true
      }
      config {
        image           = "registry.example.com/gate-sidecar:0.1.0" # CHANGE
        ports           = ["http", "status"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }
      env {
        GATE_SIDECAR_UPSTREAM_URL    = "http://127.0.0.1:3000"
        GATE_SIDECAR_SHUTDOWN_DELAY  = "5s"
        GATE_SIDECAR_SHUTDOWN_GRACE  = "20s"
      }
      template {
        data        = "FOIL_SECRET_KEY={{ with nomadVar \"nomad/jobs/sample-api\" }}{{ .secret_key }}{{ end }}"
        destination = "secrets/gate.env"
        env         = true
      }
      resources {
        cpu    = 100
        memory = 128
      }
    }

    task "sample-api" {
      driver       = "docker"
      kill_timeout = "30s"
      config {
        image = "registry.example.com/gate-sample-api:0.1.0" # CHANGE
        args  = ["--host", "127.0.0.1", "--port", "3000"]
      }
    }
  }
}
