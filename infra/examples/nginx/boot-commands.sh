# Boot commands of a group of front-facing nodes: real nginx, whose backends are what etcd has below /services/web/.
# Give this file as BootCommands of infra/workers.yml.
command -v nginx >/dev/null || dnf install -y -q nginx 2>/dev/null || { apt-get update -qq && apt-get install -y -qq nginx; }
rm -f /etc/nginx/sites-enabled/default

cat >/etc/nginx/web.conf.template <<'TEMPLATE'
# Made by etcd-autopilot of the keys below /services/web/. Changes here are lost.
upstream web {
    zone web 256k;
    # A backend that died without a word costs one request a second try.
    server {{value}} max_fails=1 fail_timeout=5s; # {{key}}
    keepalive 32;
}

server {
    listen 80 default_server;

    location / {
        proxy_pass http://web;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_connect_timeout 1s;
        # What a backend has seen is sent to another one only if it may be repeated (GET, not POST).
        proxy_next_upstream error timeout http_502 http_503;
        proxy_next_upstream_tries 3;
    }
}
TEMPLATE

cat >/etc/systemd/system/web-backends.service <<UNIT
[Unit]
Description=backends of nginx, as etcd has them
After=network-online.target
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh $AUTOPILOT_SCRIPT render /services/web/ /etc/nginx/web.conf.template /etc/nginx/conf.d/web.conf 'nginx -t' 'systemctl reload-or-restart nginx'
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable nginx
systemctl enable --now web-backends

# Ready, and in DNS, only when it can serve.
n=0
until curl -fs -o /dev/null http://127.0.0.1/; do
  n=$((n + 1))
  [ $n -lt 300 ] || { echo 'no backend answers: is there a group with Services=web:<port>?' >&2; exit 1; }
  sleep 1
done
