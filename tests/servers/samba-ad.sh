#!/usr/bin/env bash
# Samba AD DC on loopback for tests.   samba-ad.sh start DIR | env DIR | stop DIR | install
# Needs: root (a second one: root in `unshare -n` with lo up), ports 389 636 (+88 464 with kdc, 445 135 with smb) on $SAMBA_IP.
# Env: SAMBA_IP=127.0.0.1  SAMBA_MODEL=single (1 process, 53 MiB; prefork: 21 processes) SAMBA_SERVICES="ldap kdc"  (ldap | ldap kdc | ldap kdc s3fs rpc)
#      SAMBA_PLAIN=1 (passwords are taken without encryption as well: for a proxy that reads along)
#      SAMBA_DELEGATE=no (the agent gets no right: to try the page that delegates them)
set -euo pipefail
cmd=${1:-}; DIR=${2:-${TMPDIR:-/tmp}/tellonce-samba}
IP=${SAMBA_IP:-127.0.0.1}; SERVICES=${SAMBA_SERVICES:-ldap kdc}
REALM=TELLONCE.TEST; DOM=TELLONCE; BASE=DC=tellonce,DC=test; OU=OU=Customers,$BASE
ADMINPW='Adm1n-Local-Only!'; AGENTPW='Ag3nt-Local-Only!'; NORIGHTPW='N0right-Local-Only!'; CUSTPW='Cust0mer-Start-1!'

case $cmd in
install)
  export DEBIAN_FRONTEND=noninteractive
  exec apt-get install -y --no-install-recommends samba samba-ad-dc samba-ad-provision samba-dsdb-modules \
       samba-vfs-modules winbind ldap-utils smbclient krb5-user ldb-tools openssl ;;
env) cat "$DIR/env"; exit ;;
stop)
  if [ -s "$DIR/pid" ]; then
    p=$(cat "$DIR/pid"); kill -TERM "$p" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$p" 2>/dev/null || break; sleep .05; done
    kill -0 "$p" 2>/dev/null && kill -KILL "$p" || true
    rm -f "$DIR/pid"
  fi
  [ "${3:-}" = --keep ] || rm -rf "$DIR"; exit ;;
start) ;;
*) echo "usage: $0 install | start DIR | env DIR | stop DIR [--keep]" >&2; exit 2 ;;
esac

umask 077; mkdir -p "$DIR"; cd "$DIR"
[ ! -s pid ] || ! kill -0 "$(cat pid)" 2>/dev/null || { cat env; exit 0; }

if [ ! -e provisioned ]; then
  rm -rf "$DIR"/{etc,private,state,cache,bind-dns,tls,krb5.conf}; mkdir -p tls
  # 1. own CA and server certificate (SAN: names and the loopback address)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=tellonce test CA" \
     -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout tls/ca.key -out tls/ca.crt 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=dc1.tellonce.test" -keyout tls/dc.key -out tls/dc.csr 2>/dev/null
  openssl x509 -req -in tls/dc.csr -CA tls/ca.crt -CAkey tls/ca.key -CAcreateserial -days 30 -out tls/dc.crt \
     -extfile <(printf 'subjectAltName=DNS:dc1.tellonce.test,DNS:localhost,IP:127.0.0.1,IP:%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$IP") 2>/dev/null
  # 2. provision
  samba-tool domain provision --targetdir="$DIR" --realm=$REALM --domain=$DOM --adminpass="$ADMINPW" --server-role=dc \
     --dns-backend=NONE --host-name=dc1 --host-ip="$IP" --option="interfaces=$IP" --option="bind interfaces only=yes" >provision.log 2>&1
  cat > etc/smb.conf <<C
[global]
  netbios name = DC1
  realm = $REALM
  workgroup = $DOM
  server role = active directory domain controller
  interfaces = $IP
  bind interfaces only = yes
  server services = ${SERVICES// /, }
  dns update command = /bin/true
  spn update command = /bin/true
  gpo update command = /bin/true
  disable netbios = yes
  lock directory = $DIR
  state directory = $DIR/state
  cache directory = $DIR/cache
  private dir = $DIR/private
  pid directory = $DIR/run
  ncalrpc dir = $DIR/run/ncalrpc
  winbindd socket directory = $DIR/run/winbindd
  ntp signd socket directory = $DIR/run/ntp
  binddns dir = $DIR/bind-dns
  log file = $DIR/samba.log
  log level = 1
  max log size = 0
  tls enabled = yes
  tls cafile = $DIR/tls/ca.crt
  tls certfile = $DIR/tls/dc.crt
  tls keyfile = $DIR/tls/dc.key
  old password allowed period = 0
  ldap server require strong auth = $([ -n "${SAMBA_PLAIN:-}" ] && echo no || echo yes)
[sysvol]
  path = $DIR/state/sysvol
  read only = no
C
  mkdir -p run
  T() { samba-tool "$@" -s "$DIR/etc/smb.conf"; }; H=(-H "$DIR/private/sam.ldb")
  # 3. domain policy, OU, agents, customers, delegation: straight into the database, no server needed
  T domain passwordsettings set "${H[@]}" --complexity=on --min-pwd-length=12 --history-length=3 --min-pwd-age=0 --max-pwd-age=42 \
    --account-lockout-threshold=10 --account-lockout-duration=30 --reset-account-lockout-after=30 >/dev/null
  cat > seed.ldif <<L
dn: $OU
objectClass: organizationalUnit

dn: OU=Agents,$BASE
objectClass: organizationalUnit
L
  user() { # cn ou uac mail pw
    printf '\ndn: CN=%s,%s\nobjectClass: user\nsAMAccountName: %s\nuserPrincipalName: %s@tellonce.test\nmail: %s\ngivenName: %s\nuserAccountControl: %s\nunicodePwd:: %s\n' \
      "$1" "$2" "$1" "$1" "$4" "$1" "$3" "$(printf '"%s"' "$5" | iconv -t UTF-16LE | base64 -w0)"; }
  { user agent   "OU=Agents,$BASE" 66048 agent@tellonce.test "$AGENTPW"
    user noright "OU=Agents,$BASE" 66048 noright@tellonce.test "$NORIGHTPW"
    user ada  "$OU" 512   ada@example.com  "$CUSTPW"     # plain
    user gus  "$OU" 512   gus@example.com  "$CUSTPW"     # to be locked out by the test
    user dan  "$OU" 514   dan@example.com  "$CUSTPW"     # disabled
    user eve  "$OU" 66048 eve@example.com  "$CUSTPW"     # DONT_EXPIRE_PASSWORD
    user fay1 "$OU" 512   fay@example.com  "$CUSTPW"     # two with one mail
    user fay2 "$OU" 512   fay@example.com  "$CUSTPW"
    user vip  "$OU" 512   vip@example.com  "$CUSTPW-longer-for-pso"   # fine-grained policy, min 20
    printf '\ndn: CN=ben,%s\nobjectClass: contact\nmail: ben@example.com\ngivenName: ben\n' "$OU"   # known, but no account
  } >> seed.ldif
  ldbadd "${H[@]}" --configfile="$DIR/etc/smb.conf" seed.ldif >/dev/null
  T domain passwordsettings pso create vip-pso 10 "${H[@]}" --min-pwd-length=20 --history-length=5 --min-pwd-age=0 --max-pwd-age=7 --complexity=on >/dev/null
  T domain passwordsettings pso apply vip-pso vip "${H[@]}" >/dev/null
  SID=$(ldbsearch "${H[@]}" --configfile="$DIR/etc/smb.conf" '(sAMAccountName=agent)' objectSid | sed -n 's/^objectSid: //p')
  if [ "${SAMBA_DELEGATE:-yes}" = yes ]; then
  U=bf967aba-0de6-11d0-a285-00aa003049e2            # class user
  acl() { T dsacl set "${H[@]}" --objectdn="$OU" --sddl="$1" >/dev/null; }
  acl "(OA;CI;CC;$U;;$SID)"                                                  # create user objects
  acl "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;$U;$SID)"            # Reset Password
  acl "(OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;$U;$SID)"          # pwdLastSet
  acl "(OA;CIIO;RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1;$U;$SID)"            # lockoutTime, for --unlock
  fi
  touch provisioned
fi
sed -i "s/^  server services = .*/  server services = ${SERVICES// /, }/" etc/smb.conf
cat > krb5.conf <<K
[libdefaults]
 default_realm = $REALM
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
[realms]
 $REALM = {
  kdc = $IP
  kpasswd_server = $IP
 }
K
setsid samba -i --no-process-group -M "${SAMBA_MODEL:-single}" -s "$DIR/etc/smb.conf" --debug-stdout >samba.out 2>&1 </dev/null &
echo $! > pid
up=
for _ in $(seq 200); do
  kill -0 "$(cat pid)" 2>/dev/null || { echo "samba died:" >&2; tail -5 samba.out >&2; rm -f pid; exit 1; }
  if LDAPTLS_CACERT=$DIR/tls/ca.crt ldapsearch -x -LLL -o nettimeout=2 -H "ldaps://$IP" -D "agent@tellonce.test" -w "$AGENTPW" -b "$OU" -s base dn >/dev/null 2>&1; then up=1; break; fi
  sleep .05
done
[ -n "$up" ] || { echo "samba not ready:" >&2; tail -5 samba.out >&2; kill "$(cat pid)"; rm -f pid; exit 1; }
cat > env <<V
export TELLONCE_AD_URL=ldaps://$IP:636
export TELLONCE_AD_PLAIN=$IP:389
export TELLONCE_AD_CA=$DIR/tls/ca.crt
export TELLONCE_AD_BASE=$BASE
export TELLONCE_AD_OU=$OU
export TELLONCE_AD_AGENT=agent@tellonce.test
export TELLONCE_AD_AGENT_PW='$AGENTPW'
export TELLONCE_AD_NORIGHT=noright@tellonce.test
export TELLONCE_AD_NORIGHT_PW='$NORIGHTPW'
export TELLONCE_AD_ADMIN=Administrator@tellonce.test
export TELLONCE_AD_ADMIN_PW='$ADMINPW'
export TELLONCE_AD_CUSTOMER_PW='$CUSTPW'
export TELLONCE_AD_SMBCONF=$DIR/etc/smb.conf
export KRB5_CONFIG=$DIR/krb5.conf
export TELLONCE_AD_PID=$(cat pid)
V
cat env
