# bare_system.sh: a bare Debian 12 in the folder $root with a clone of this repository in /root/clone,
# for the tests that source it; without root, debootstrap or a Debian mirror, which is reached the way
# this system's apt-get does, the test is skipped.
#   BARE_TARBALL=FILE  keeps the bare system there (it is used from there when it is there already)
#   TMPDIR=FOLDER      where the system is put, /tmp by default; removed at the end
# Sourced before anything else: the script starts again in a mount namespace of its own.
# shellcheck shell=sh

release=bookworm
top=$(cd "$(dirname "$0")/.." && pwd)

skip() {
  echo "1..0 # SKIP $*"
  exit 0
}

[ "$(id -u)" = 0 ] || skip 'a bare system is made by root'
for tool in debootstrap chroot unshare mount git awk; do
  command -v "$tool" >/dev/null || skip "there is no $tool"
done

# In a mount namespace of its own, so that nothing stays mounted however this ends.
if [ "${BARE_INSIDE:-}" != yes ]; then
  unshare --mount true 2>/dev/null || skip 'this system lets nobody mount anything'
  BARE_INSIDE=yes exec unshare --mount --propagation private sh "$0" "$@"
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/bare_debian.XXXXXX") || exit 1
root=$scratch/root
log=$scratch/log
clean_up() {
  umount "$root/proc" 2>/dev/null
  rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- how this system reaches Debian -------------------------------------------------------------

# The sources of nothing but this release's main archive, in either of apt's two formats.
sources=$scratch/sources
mkdir "$sources"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -r "$file" ] || awk -v release="$release" '
    $1 == "deb" && (" " $0 " ") ~ (" " release "(-updates|-security)? +main ")' "$file"
done >"$sources/sources.list"
for file in /etc/apt/sources.list.d/*.sources; do
  [ ! -r "$file" ] || awk -v release="$release" -v RS= -v ORS='\n\n' '
    ("\n" $0 "\n") ~ ("\nSuites:( " release "(-updates|-security)?)+ *\n") &&
    ("\n" $0 "\n") ~ "\nComponents: main[ \n]"' "$file"
done >"$sources/debian.sources"
mirror=$(sed -n 's/^deb .*\(https\{0,1\}:[^ ]*\).*/\1/p; s/^URIs: *\([^ ]*\).*/\1/p' "$sources"/* |
  grep -v security | head -n 1)
include=''
case $mirror in https:*) include=--include=ca-certificates ;; esac

# ---- the bare system ----------------------------------------------------------------------------

started=$(date +%s)
mkdir "$root"
if [ -n "${BARE_TARBALL:-}" ] && [ -e "$BARE_TARBALL" ]; then
  tar -C "$root" -xpf "$BARE_TARBALL" || exit 1
else
  # shellcheck disable=SC2086 # nothing or one word each
  if ! debootstrap --variant=minbase $include "$release" "$root" $mirror >"$log" 2>&1 </dev/null; then
    skip "debootstrap: $(tail -n 1 "$log")"
  fi
  [ -z "${BARE_TARBALL:-}" ] || tar -C "$root" --one-file-system -cpf "$BARE_TARBALL" . || exit 1
fi
echo "# a bare $release: $(($(date +%s) - started)) s, $(chroot "$root" dpkg-query -W | wc -l) packages"

if [ -s "$sources/sources.list" ] || [ -s "$sources/debian.sources" ]; then
  mv "$sources/sources.list" "$root/etc/apt/sources.list"
  mv "$sources/debian.sources" "$root/etc/apt/sources.list.d/debian.sources"
fi
apt-config dump | grep -E '^Acquire::(http|https|Check-[A-Za-z-]+)(::| )' \
  >"$root/etc/apt/apt.conf.d/90acquire"
# The files that the configuration and the sources name: keys, certificates, passwords.
{
  grep -ho '"/[^"]*"' "$root/etc/apt/apt.conf.d/90acquire" | tr -d '"'
  sed -n 's/^Signed-By: *\(\/.*\)/\1/p; s/^deb .*signed-by=\(\/[^] ]*\).*/\1/p' \
    "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
  ls /etc/apt/auth.conf /etc/apt/auth.conf.d/* /etc/resolv.conf 2>/dev/null
  [ -z "$include" ] || echo /etc/ssl/certs/ca-certificates.crt
} | while read -r file; do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done

mount -t proc proc "$root/proc" || exit 1
git clone --quiet --no-local "$top" "$root/root/clone" || exit 1

# inside [OPTION...] COMMAND: the bare system runs it, with nothing of this one's environment but
# the proxies.
inside() {
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} \
    ${https_proxy:+"https_proxy=$https_proxy"} ${no_proxy:+"no_proxy=$no_proxy"} \
    chroot "$@" >"$log" 2>&1 </dev/null
}
