#!/bin/sh
# setup.sh [LIST]: sees to it that everything in packages.txt (or LIST) can be used.
#
# With nothing missing it says and changes nothing. Otherwise root on a system with apt-get gets what
# is missing installed, and anyone else gets the line to run. Exit status 0: the build can go on.
set -u

list=${1:-${0%/*}/packages.txt}
line_feed='
'

say() {
  printf 'setup: %s\n' "$*" >&2
}

fail() {
  say "$*"
  exit 1
}

[ -r "$list" ] || fail "cannot read the list of packages, $list."
if [ -n "${CC:-}" ]; then
  command -v "${CC%% *}" >/dev/null || fail "CC is \"$CC\", which is not a command here."
fi

# ---- the list -----------------------------------------------------------------------------------

headers='' texfiles='' libraries=no number=0
while read -r package probe need purpose; do
  number=$((number + 1))
  case $package in '' | '#'*) continue ;; esac
  wrong=''
  case $package in *[!a-z0-9+.-]*) wrong="\"$package\" is not the name of a package" ;; esac
  case $probe in
    header:?*) headers="$headers ${probe#*:}" ;;
    tex:?*) texfiles="$texfiles ${probe#*:}" ;;
    lib:?*) libraries=yes ;;
    cmd:?*) ;;
    *) wrong="the probe \"$probe\" is none of cmd:, header:, lib: and tex:" ;;
  esac
  case $need in
    needed | optional) ;;
    *) wrong=${wrong:-"\"$need\" stands where needed or optional should"} ;;
  esac
  [ -n "$purpose" ] || wrong=${wrong:-"what $package is for is not said"}
  [ -z "$wrong" ] || fail "$list, line $number: $wrong."
done <"$list"

# ---- what is missing ----------------------------------------------------------------------------

# One process asks for all headers and, meanwhile, one for all TeX files and one for the folders of
# libraries. Sets found: a line "FILE" in quotation marks for a header, a path for a TeX file.
# shellcheck disable=SC2086 # CC, the flags and the lists of files are words
look() {
  cc=${CC:-cc}
  if command -v "${cc%% *}" >/dev/null; then
    found=$(
      for header in $headers; do
        printf '#if __has_include(<%s>)\n"%s"\n#endif\n' "$header" "$header"
      done | $cc -E -P ${CPPFLAGS:-} ${CFLAGS:-} -x c - 2>/dev/null &
      find_tex
      [ "$libraries" = no ] || $cc -print-search-dirs 2>/dev/null
      wait
    )
    lib_folders=${found##*libraries: =}
    lib_folders=${lib_folders%%"$line_feed"*}:${LIBRARY_PATH:-}
    for flag in ${LDFLAGS:-}; do
      case $flag in -L?*) lib_folders=$lib_folders:${flag#-L} ;; esac
    done
  else # the usual folders, so that only what is missing is named
    found=$(
      for header in $headers; do
        for folder in /usr/include /usr/include/*-linux-gnu* /usr/local/include; do
          [ ! -e "$folder/$header" ] || printf '"%s"\n' "$header"
        done
      done
      find_tex
    )
    lib_folders=/usr/lib:/usr/local/lib
    for folder in /usr/lib/*-linux-gnu*; do
      lib_folders=$lib_folders:$folder
    done
  fi
  found=$found$line_feed
}

# shellcheck disable=SC2086 # a list of files
find_tex() {
  [ -z "$texfiles" ] || ! command -v kpsewhich >/dev/null || kpsewhich $texfiles 2>/dev/null
}

is_library() {
  IFS=:
  for folder in $lib_folders; do
    for suffix in so a dylib; do
      if [ -e "$folder/lib$1.$suffix" ]; then
        unset IFS
        return 0
      fi
    done
  done
  unset IFS
  return 1
}

is_there() {
  case $1 in
    cmd:cc) command -v "${cc%% *}" >/dev/null ;;
    cmd:*) command -v "${1#*:}" >/dev/null ;;
    lib:*) is_library "${1#*:}" ;;
    header:*) case $found in *"\"${1#*:}\""*) ;; *) return 1 ;; esac ;;
    tex:*) case $found in *"/${1#*:}$line_feed"*) ;; *) return 1 ;; esac ;;
  esac
}

# Sets missing, needed (those of the missing without which nothing works), and a readable account.
find_missing() {
  missing='' needed='' account=''
  look
  while read -r package probe need purpose; do
    case $package in '' | '#'*) continue ;; esac
    ! is_there "$probe" || continue
    missing="$missing $package"
    [ "$need" = optional ] || needed="$needed $package"
    account="$account
  $package ($probe): $purpose"
  done <"$list"
  missing=${missing# } needed=${needed# }
}

find_missing
[ -n "$missing" ] || exit 0

# ---- installing it ------------------------------------------------------------------------------

# Ends well when only optional packages are missing.
give_up() {
  if [ -z "$needed" ]; then
    say "going on without: $missing."
    exit 0
  fi
  exit 1
}

if ! command -v apt-get >/dev/null; then
  say "there is no apt-get here; install what corresponds to these Debian packages:$account"
  give_up
fi

if [ "$(id -u)" != 0 ]; then
  say "missing: $missing; this installs it:"
  printf '%s\n' "sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
  [ -z "$needed" ] || say "without root, src/tools/debs.sh FOLDER unpacks what is needed into a folder of your own."
  give_up
fi

# One at a time, whichever clone it is started from; the others find the work done.
lock=/var/lib/dpkg
[ -r "$lock" ] || lock=$list
exec 9<"$lock"
if command -v flock >/dev/null; then
  flock 9
  find_missing
  [ -n "$missing" ] || exit 0
fi

log=$(mktemp) || fail "cannot write a temporary file."
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # dpkg insists on them

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" \
    >>"$log" 2>&1 </dev/null 9<&-
}

# The lists of packages have a lock of their own, which apt-get does not wait for.
update() {
  tries=0
  until apt update; do
    tries=$((tries + 1))
    if [ "$tries" -ge 40 ] || ! grep -q '^E: Could not get lock' "$log"; then
      return 1
    fi
    sleep 3
    : >"$log"
  done
}

say "installing $missing"
update # where this fails, the lists already there may do
# shellcheck disable=SC2086 # names of packages
if ! apt install -y --no-install-recommends $missing; then
  if [ -n "$needed" ] && [ "$needed" != "$missing" ]; then
    apt install -y --no-install-recommends $needed
  fi
  find_missing
  if [ -n "$missing" ]; then
    grep -E '^[EW]: ' "$log" | tail -n 6 >&2
    say "apt-get could not install $missing: is there a network, and are the sources of packages right?"
    give_up
  fi
fi

find_missing
if [ -n "$missing" ]; then
  say "installed, and still not usable:$account"
  give_up
fi
exit 0
