#!/usr/bin/env bash
# Postfix on loopback for tests, with TLS, AUTH and mailboxes in files; as root.   postfix.sh install | start DIR | env DIR | stop DIR
# The user postfix must be able to pass through the folders above DIR. Nothing is sent on to any other machine.
# Env: POSTFIX_TLS_PORT=0 POSTFIX_STARTTLS_PORT=0 (0 = pick a free one)  POSTFIX_DAYS=30 (of the certificate; -1: expired)
#      POSTFIX_NAME=localhost (in the certificate)
set -euo pipefail
cmd=${1:-}; DIR=${2:-${TMPDIR:-/tmp}/tellonce-postfix}
USERNAME=tellonce; PASSWORD=Ma1l-Local-Only; NAME=${POSTFIX_NAME:-localhost}
free() { python3 -c 'import socket;s=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1])'; }
case $cmd in
install) export DEBIAN_FRONTEND=noninteractive
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections # no service of the machine's own
  exec apt-get install -y --no-install-recommends postfix sasl2-bin libsasl2-modules openssl ;;
env) cat "$DIR/env"; exit ;;
stop) [ ! -d "$DIR/conf" ] || postfix -c "$DIR/conf" stop 2>/dev/null || true
  rm -rf "$DIR"; exit ;;
start) ;;
*) echo "usage: $0 install | start DIR | env DIR | stop DIR" >&2; exit 2 ;;
esac
umask 022; mkdir -p "$DIR"; cd "$DIR"
TPORT=${POSTFIX_TLS_PORT:-0}; PORT=${POSTFIX_STARTTLS_PORT:-0}
[ "$TPORT" != 0 ] || TPORT=$(free); [ "$PORT" != 0 ] || PORT=$(free)
mkdir -p conf queue data mail tls sasl; chown postfix data; chown nobody mail
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=tellonce test CA" \
   -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout tls/ca.key -out tls/ca.crt 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$NAME" -keyout tls/s.key -out tls/s.csr 2>/dev/null
openssl x509 -req -in tls/s.csr -CA tls/ca.crt -CAkey tls/ca.key -CAcreateserial -days "${POSTFIX_DAYS:-30}" -out tls/s.crt \
   -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$NAME") 2>/dev/null
printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: %s/sasldb2\n' "$DIR" > sasl/smtpd.conf
printf %s "$PASSWORD" | saslpasswd2 -p -c -f "$DIR/sasldb2" -u mail.example.com "$USERNAME"
chown postfix sasldb2; chmod 600 sasldb2
cat > conf/main.cf <<C
compatibility_level = 3.6
queue_directory = $DIR/queue
data_directory = $DIR/data
maillog_file = $DIR/log
maillog_file_prefixes = $DIR
myhostname = mail.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
local_transport = error:nobody is here
alias_maps =
virtual_mailbox_domains = example.com
virtual_mailbox_base = $DIR/mail
virtual_mailbox_maps = inline:{ {ada@example.com=ada} {ben@example.com=ben} {josé@example.com=jose} {support@example.com=support} }
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
smtpd_tls_cert_file = $DIR/tls/s.crt
smtpd_tls_key_file = $DIR/tls/s.key
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $DIR/sasl
smtpd_sasl_local_domain = mail.example.com
smtpd_sender_login_maps = inline:{ {support@example.com=$USERNAME@mail.example.com} }
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_sender_login_mismatch, reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
C
cat > conf/master.cf <<C
127.0.0.1:$TPORT inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:$PORT inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
C
postfix -c "$DIR/conf" start >start.out 2>&1 || { echo "postfix does not start:" >&2; tail -5 start.out log >&2; exit 1; }
up=
for _ in $(seq 100); do
  if python3 -c "import socket;socket.create_connection(('127.0.0.1',$TPORT),1);socket.create_connection(('127.0.0.1',$PORT),1)" 2>/dev/null; then up=1; break; fi
  sleep .05
done
[ -n "$up" ] || { echo "postfix not ready:" >&2; tail -5 start.out log >&2; postfix -c "$DIR/conf" stop >&2; exit 1; }
cat > env <<V
export TELLONCE_SMTP_TLS=localhost:$TPORT
export TELLONCE_SMTP_STARTTLS=localhost:$PORT
export TELLONCE_SMTP_CA=$DIR/tls/ca.crt
export TELLONCE_SMTP_USERNAME=$USERNAME
export TELLONCE_SMTP_PASSWORD=$PASSWORD
export TELLONCE_SMTP_MAIL=$DIR/mail
V
cat env
