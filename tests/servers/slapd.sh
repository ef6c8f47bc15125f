#!/usr/bin/env bash
# slapd + ppolicy on loopback for tests, any user.   slapd.sh install | start DIR | env DIR | stop DIR [--keep]
# Env: SLAPD_PORT=0 SLAPD_TLS_PORT=0 (0 = pick a free one)  SLAPD_HASH={SSHA}|{ARGON2}  SLAPD_DAYS=30 (of the certificate; -1: expired)
#      SLAPD_PLAIN=1 (passwords in clear as well: for a proxy)  SLAPD_CROWD=0 (users crowd00001 and so on, all pending; every tenth without mail)
#      SLAPD_SUFFIX='o=Any Name,c=DE' (dc=tellonce,dc=test; another one begins with o=)
#      SLAPD_IPV6=yes (on [::1] as well, with the same ports; the certificate names it)
#      SLAPD_NIS=no (without the schema of RFC 2307)
#      DIR/access.conf, DIR/global.conf, DIR/more.conf and DIR/monitor.conf are read at each start: access rules, settings
#      before and after the database, and the database monitor, of which the agent reads the time and nothing else
#      SLAPD_ACL=FILE (access rules in place of those below)  SLAPD_LIMITS='size.prtotal=700' (of the agent)
set -euo pipefail
cmd=${1:-}; DIR=${2:-${TMPDIR:-/tmp}/tellonce-slapd}; HASH=${SLAPD_HASH:-'{SSHA}'}
names() { BASE=$1; OU=ou=customers,$BASE; ADMIN=cn=admin,$BASE; AGENT=uid=agent,ou=agents,$BASE; NORIGHT=uid=noright,ou=agents,$BASE; }
SUFFIX=${SLAPD_SUFFIX:-dc=tellonce,dc=test}; names "$SUFFIX"
ADMINPW=Adm1n-Local-Only; AGENTPW=Ag3nt-Local-Only; NORIGHTPW=N0right-Local-Only; CUSTPW=Cust0mer-Start-1
free() { python3 -c 'import socket;s=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1])'; }
rules() { # the agent: write-only passwords, pwdReset, pwdEndTime, locks, new entries; no delete, no other attribute
  if [ -n "${SLAPD_ACL:-}" ]; then cat "$SLAPD_ACL"; return; fi
  cat <<A
access to dn.subtree="$OU" attrs=userPassword by dn.exact="$AGENT" =w by self =xw by anonymous auth by * none
access to dn.subtree="$OU" attrs=pwdReset,pwdEndTime,pwdAccountLockedTime by dn.exact="$AGENT" write by dn.exact="$NORIGHT" read by self read by * none
access to dn.subtree="$OU" attrs=pwdHistory by * none
access to dn.exact="$OU" attrs=children by dn.exact="$AGENT" =arscd by * none
access to dn.children="$OU" attrs=entry by dn.exact="$AGENT" =arscd by dn.exact="$NORIGHT" read by self read by * none
access to dn.subtree="$OU" by dn.exact="$AGENT" read by dn.exact="$NORIGHT" read by self read by * none
A
}
case $cmd in
install) export DEBIAN_FRONTEND=noninteractive
  echo 'slapd slapd/no_configuration boolean true' | debconf-set-selections
  exec apt-get install -y --no-install-recommends slapd slapd-contrib ldap-utils openssl ;;
env) cat "$DIR/env"; exit ;;
stop)
  if [ -s "$DIR/pid" ]; then
    p=$(cat "$DIR/pid"); kill -INT "$p" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$p" 2>/dev/null || break; sleep .05; done
    kill -0 "$p" 2>/dev/null && kill -KILL "$p" || true; rm -f "$DIR/pid"
  fi
  [ "${3:-}" = --keep ] || rm -rf "$DIR"; exit ;;
start) ;;
*) echo "usage: $0 install | start DIR | env DIR | stop DIR [--keep]" >&2; exit 2 ;;
esac
umask 077; mkdir -p "$DIR"; cd "$DIR"
[ ! -s pid ] || ! kill -0 "$(cat pid)" 2>/dev/null || { cat env; exit 0; }
PORT=${SLAPD_PORT:-0}; TPORT=${SLAPD_TLS_PORT:-0}
[ "$PORT" != 0 ] || PORT=$(free); [ "$TPORT" != 0 ] || TPORT=$(free)
if [ ! -e provisioned ]; then
  rm -rf db tls; mkdir -p db tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=tellonce test CA" \
     -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout tls/ca.key -out tls/ca.crt 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout tls/s.key -out tls/s.csr 2>/dev/null
  openssl x509 -req -in tls/s.csr -CA tls/ca.crt -CAkey tls/ca.key -CAcreateserial -days "${SLAPD_DAYS:-30}" -out tls/s.crt \
     -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "${SLAPD_IPV6:+,IP:::1}") 2>/dev/null
  names "${SUFFIX//\\/\\\\}" # slapd.conf(5) has escapes of its own
  cat > slapd.conf <<C
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
$([ "${SLAPD_NIS:-}" = no ] || echo "include /etc/ldap/schema/nis.schema")
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
include $DIR/global.conf
$([ "$HASH" != '{ARGON2}' ] || echo 'moduleload argon2 m=19456 t=2 p=1')
pidfile $DIR/slapd.pid
argsfile $DIR/slapd.args
threads 8
loglevel stats
logfile $DIR/slapd.log
TLSCACertificateFile $DIR/tls/ca.crt
TLSCertificateFile $DIR/tls/s.crt
TLSCertificateKeyFile $DIR/tls/s.key
$([ -n "${SLAPD_PLAIN:-}" ] || echo "security simple_bind=128")
password-hash $HASH
database mdb
suffix "$BASE"
directory $DIR/db
maxsize 268435456
dbnosync
rootdn "$ADMIN"
rootpw $ADMINPW
index objectClass eq
index uid,mail,member,uniqueMember eq
$([ "${SLAPD_NIS:-}" = no ] || echo "index memberUid,gidNumber eq")
overlay ppolicy
ppolicy_default "cn=default,ou=policies,$BASE"
ppolicy_hash_cleartext
ppolicy_use_lockout
$([ -z "${SLAPD_LIMITS:-}" ] || echo "limits dn.exact=\"$AGENT\" $SLAPD_LIMITS")
include $DIR/access.conf
access to dn.subtree="ou=agents,$BASE" attrs=userPassword by self =xw by anonymous auth by * none
access to dn.subtree="ou=policies,$BASE" by users read by * none
access to dn.base="" by * read
access to dn.base="cn=Subschema" by * read
access to * by users read by * none
include $DIR/more.conf
include $DIR/monitor.conf
C
  rules > access.conf; : > global.conf; : > more.conf
  printf 'database monitor\naccess to dn.exact="cn=Current,cn=Time,cn=Monitor" attrs=entry,objectClass,monitorTimestamp by dn.exact="%s" read by * none\naccess to * by * none\n' "$AGENT" > monitor.conf
  names "$SUFFIX"
  {
  printf 'dn: %s\nobjectClass: organization\n' "$BASE"
  case $BASE in dc=*) printf 'objectClass: dcObject\no: tellonce\ndc: tellonce\n' ;; esac # o= comes from the name
  for o in agents customers policies contacts; do printf '\ndn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n' $o "$BASE" $o; done
  pol() { # cn mustchange minlen maxage(s) grace
    printf '\ndn: cn=%s,ou=policies,%s\nobjectClass: pwdPolicy\nobjectClass: device\ncn: %s\npwdAttribute: userPassword\npwdMustChange: %s\npwdAllowUserChange: TRUE\npwdSafeModify: FALSE\npwdCheckQuality: 2\npwdMinLength: %s\npwdInHistory: 3\npwdMaxAge: %s\npwdExpireWarning: 600\npwdGraceAuthNLimit: %s\npwdLockout: TRUE\npwdMaxFailure: 3\npwdLockoutDuration: 600\npwdFailureCountInterval: 600\npwdMinAge: 0\n' $1 "$BASE" $1 $2 $3 $4 $5; }
  pol default TRUE 12 3628800 2; pol vip TRUE 20 604800 0; pol nochange FALSE 12 0 0; pol short TRUE 12 2 0; pol shortgrace TRUE 12 2 2
  p() { # rdn ou uid mail pw extra
    printf '\ndn: uid=%s,%s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: Test\nmail: %s\nuserPassword: %s\n' $1 "$2" $1 $1 $3 "$(slappasswd -h '{SSHA}' -s "$4")"; [ -z "${5:-}" ] || echo "$5"; }
  p agent "ou=agents,$BASE" agent@tellonce.test $AGENTPW "pwdPolicySubentry: cn=nochange,ou=policies,$BASE"
  p noright "ou=agents,$BASE" noright@tellonce.test $NORIGHTPW "pwdPolicySubentry: cn=nochange,ou=policies,$BASE"
  for u in ada gus; do p $u "$OU" $u@example.com $CUSTPW; done
  p dan "$OU" dan@example.com $CUSTPW 'pwdAccountLockedTime: 000001010000Z'             # disabled by an administrator
  p eve "$OU" eve@example.com $CUSTPW "pwdPolicySubentry: cn=nochange,ou=policies,$BASE" # pwdMustChange FALSE
  p vip "$OU" vip@example.com $CUSTPW "pwdPolicySubentry: cn=vip,ou=policies,$BASE"
  p sho "$OU" sho@example.com $CUSTPW "pwdPolicySubentry: cn=short,ou=policies,$BASE"
  p shg "$OU" shg@example.com $CUSTPW "pwdPolicySubentry: cn=shortgrace,ou=policies,$BASE"
  p fay1 "$OU" fay@example.com $CUSTPW; p fay2 "$OU" fay@example.com $CUSTPW
  printf '\ndn: cn=ben,ou=contacts,%s\nobjectClass: inetOrgPerson\ncn: ben\nsn: Test\nmail: ben@example.com\n' "$BASE"
  printf '\ndn: ou=groups,%s\nobjectClass: organizationalUnit\nou: groups\n' "$BASE"
  printf '\ndn: cn=agents,ou=groups,%s\nobjectClass: groupOfNames\ncn: agents\nmember: %s\n' "$BASE" "$AGENT"
  hash=$(slappasswd -h '{SSHA}' -s "$CUSTPW")
  for i in $(seq -f %05g "${SLAPD_CROWD:-0}"); do
    printf '\ndn: uid=crowd%s,%s\nobjectClass: inetOrgPerson\nuid: crowd%s\ncn: Crowd %s\nsn: Test\nuserPassword: %s\npwdReset: TRUE\n' $i "$OU" $i $i "$hash"
    [ "${i: -1}" = 0 ] || echo "mail: crowd$i@example.com"
  done
  } > seed.ldif
  slapadd -q -f slapd.conf -l seed.ldif
  touch provisioned
fi
setsid slapd -f "$DIR/slapd.conf" -h "ldap://127.0.0.1:$PORT ldaps://127.0.0.1:$TPORT${SLAPD_IPV6:+ ldap://[::1]:$PORT ldaps://[::1]:$TPORT}" -d 0 >slapd.out 2>&1 </dev/null &
echo $! > pid
up=
for _ in $(seq 100); do
  kill -0 "$(cat pid)" 2>/dev/null || { echo "slapd died:" >&2; tail -5 slapd.out >&2; rm -f pid; exit 1; }
  if LDAPTLS_CACERT=$DIR/tls/ca.crt ldapsearch -x -o nettimeout=2 -H "ldaps://127.0.0.1:$TPORT" -D "$AGENT" -w "$AGENTPW" -s base -b "" 1.1 >/dev/null 2>&1; then up=1; break; fi
  sleep .02
done
[ -n "$up" ] || { echo "slapd not ready:" >&2; tail -5 slapd.out >&2; kill "$(cat pid)"; rm -f pid; exit 1; }
cat > env <<V
export TELLONCE_OPENLDAP_URL=ldaps://127.0.0.1:$TPORT
export TELLONCE_OPENLDAP_STARTTLS_URL=ldap://127.0.0.1:$PORT
export TELLONCE_OPENLDAP_CA=$DIR/tls/ca.crt
export TELLONCE_OPENLDAP_BASE='$BASE'
export TELLONCE_OPENLDAP_OU='$OU'
export TELLONCE_OPENLDAP_AGENT='$AGENT'
export TELLONCE_OPENLDAP_AGENT_PW='$AGENTPW'
export TELLONCE_OPENLDAP_NORIGHT='$NORIGHT'
export TELLONCE_OPENLDAP_NORIGHT_PW='$NORIGHTPW'
export TELLONCE_OPENLDAP_ADMIN='$ADMIN'
export TELLONCE_OPENLDAP_ADMIN_PW='$ADMINPW'
export TELLONCE_OPENLDAP_CUSTOMER_PW='$CUSTPW'
export TELLONCE_OPENLDAP_PID=$(cat pid)
V
cat env
