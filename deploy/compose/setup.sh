#!/bin/sh
# Makes what must stand in no repository: passwords, keys, and certificates by an authority of this fleet's own.
#
#     setup.sh FOLDER
#
# FOLDER/vault keeps what was made, for this script alone; FOLDER/SERVICE gets copies of what SERVICE needs, which nobody but
# its user can read. What is in the vault stays as it is, so that the script may be run, broken off and run again at any time;
# certificates are made anew a month before they end. Whoever is not root keeps the files.
set -eu
umask 077
folder=$1
vault=$folder/vault
mkdir -p "$vault"

# Users, as in compose.yaml.
yett=65532:65532 postgres=999:999 redis=999:999 mail=65534:65534 grafana=472:0

# password NAME: in vault/NAME
password() {
    [ -s "$vault/$1" ] && return
    openssl rand -hex 24 >"$vault/$1.part"
    mv "$vault/$1.part" "$vault/$1"
}

# text NAME: standard input, in vault/NAME
text() {
    cat >"$vault/$1.part"
    mv "$vault/$1.part" "$vault/$1"
}

authority() {
    [ -s "$vault/ca.pem" ] && return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=yett compose" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$vault/ca.key" -out "$vault/ca.part" 2>/dev/null
    mv "$vault/ca.part" "$vault/ca.pem"
}

# certificate NAME [NAME...]: vault/NAME.key and .pem, good for every NAME and for this machine, where health checks come from
certificate() {
    openssl x509 -checkend 2592000 -noout -in "$vault/$1.pem" >/dev/null 2>&1 && return
    of=$1 names=DNS:localhost,IP:127.0.0.1
    for name in "$@"; do names=$names,DNS:$name; done
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names" >"$vault/extensions"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$of" \
        -keyout "$vault/$of.key" -out "$vault/request" 2>/dev/null
    openssl x509 -req -in "$vault/request" -CA "$vault/ca.pem" -CAkey "$vault/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
        -days 397 -extfile "$vault/extensions" -out "$vault/$of.part" 2>/dev/null
    mv "$vault/$of.part" "$vault/$of.pem"
}

# give OWNER SERVICE FILE=NAME...: vault/FILE as SERVICE/NAME
give() {
    owner=$1 to=$folder/$2
    shift 2
    mkdir -p "$to"
    chmod 0755 "$to"
    for each in "$@"; do
        rm -f "$to/.part" # of a run that was broken off, which may be its owner's alone
        cp "$vault/${each%=*}" "$to/.part"
        chmod 0400 "$to/.part"
        [ "$(id -u)" != 0 ] || chown "$owner" "$to/.part"
        mv -f "$to/.part" "$to/${each#*=}"
    done
}

for name in postgres yett redis-yett signing-keys grafana; do password "$name"; done
authority
certificate gateway yett-1 yett-2
for name in postgres redis mail; do certificate "$name"; done

text storage.url <<URL
postgresql://yett:$(cat "$vault/yett")@postgres:5432/yett?sslmode=verify-full&sslrootcert=/run/secrets/ca.pem
URL
text shared.url <<URL
rediss://yett:$(cat "$vault/redis-yett")@redis:6379/0?ca_file=/run/secrets/ca.pem
URL
# Everybody may ask whether it is there, as health checks do; the gateways may do what they do, to keys of theirs.
text users.acl <<ACL
user default on nopass sanitize-payload resetkeys resetchannels -@all +ping
user yett on #$(tr -d '\n' <"$vault/redis-yett" | openssl dgst -sha256 -r | cut -d' ' -f1) sanitize-payload ~yett:* resetchannels -@all +ping +role +info +select +time +xadd +xread +xrange +xrevrange +eval +evalsha +get +set +del +expire +zadd +zcard +zremrangebyscore
ACL

give "$yett" yett ca.pem=ca.pem gateway.pem=tls.pem gateway.key=tls.key storage.url=storage.url shared.url=shared.url signing-keys=signing-keys
give "$postgres" postgres postgres.pem=tls.pem postgres.key=tls.key postgres=password yett=yett.password
give "$redis" redis ca.pem=ca.pem redis.pem=tls.pem redis.key=tls.key users.acl=users.acl
give "$mail" mail mail.pem=tls.pem mail.key=tls.key
give "$grafana" grafana grafana=admin.password
