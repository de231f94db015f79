#!/bin/sh
# Tests of src/tools/setup.sh in a sandbox of stand-in commands: no root, no network, nothing
# installed. TAP on standard output.
set -u

setup=$(cd "$(dirname "$0")/.." && pwd)/src/tools/setup.sh
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
unset CC CFLAGS CPPFLAGS LDFLAGS LIBRARY_PATH CPATH

count=0 failures=0
# check WHAT CONDITION...: one test, passed when the command CONDITION succeeds.
check() {
  what=$1
  shift
  count=$((count + 1))
  if "$@"; then
    echo "ok $count - $what"
  else
    failures=$((failures + 1))
    echo "not ok $count - $what"
    echo "# status ${status:-}; it said:"
    sed 's/^/#   /' "$scratch/said"
    sed 's/^/#   apt-get /' "$scratch/calls"
  fi
}

said() { grep -qF -e "$1" "$scratch/said"; }
said_line() { grep -qxF -e "$1" "$scratch/said"; }
silent() { [ ! -s "$scratch/said" ]; }
ended() { [ "$status" -eq "$1" ]; }
called() { [ "$(grep -c -e "$1" "$scratch/calls")" -eq "$2" ]; }
apt_untouched() { [ ! -s "$scratch/calls" ]; }

# ---- the sandbox --------------------------------------------------------------------------------

bin=$scratch/bin
shell=$(command -v sh)
mkdir "$bin"

# command_of NAME: a command of the sandbox; its body is standard input.
command_of() {
  {
    echo "#!$shell"
    cat
  } >"$bin/$1"
  chmod +x "$bin/$1"
}

list() { cat >"$scratch/list"; }

# fresh UID THING...: an empty sandbox where the user is UID and every THING is there: a command,
# a header (with .h), a file of TeX (.sty) or a library (.so).
fresh() {
  rm -rf "${bin:?}" "${scratch:?}/lib"
  mkdir "$bin" "$scratch/lib"
  : >"$scratch/things"
  : >"$scratch/calls"
  : >"$scratch/brings"
  : >"$scratch/fails"
  for tool in cat chmod flock grep mktemp rm sed sleep tail; do
    ! tool_path=$(command -v "$tool") || ln -s "$tool_path" "$bin/$tool"
  done
  echo "echo $1" | command_of id
  shift
  for thing in "$@"; do
    provide "$thing"
  done

  # Installs what the lines "package thing" of brings say, and fails for a package in fails.
  command_of apt-get <<END
echo "\$*" >>"$scratch/calls"
[ ! -e "$scratch/slow" ] || sleep 0.5
case " \$* " in *' update '*)
  if [ -s "$scratch/busy" ]; then
    rm "$scratch/busy"
    echo 'E: Could not get lock /var/lib/apt/lists/lock.'
    exit 100
  fi
  exit 0 ;;
esac
for word in "\$@"; do
  if grep -qx -e "\$word" "$scratch/fails"; then
    echo "E: Unable to locate package \$word"
    exit 100
  fi
done
while read -r package thing; do
  case " \$* " in *" \$package "*)
    echo "\$thing" >>"$scratch/things"
    case \$thing in *.*) ;; *) cat "$bin/true" >"$bin/\$thing"; chmod +x "$bin/\$thing" ;; esac ;;
  esac
done <"$scratch/brings"
END
  echo 'exit 0' | command_of true
}

provide() {
  echo "$1" >>"$scratch/things"
  case $1 in
    cc | gcc-of-mine)
      # Answers with the headers that it was asked for and that are there.
      command_of "$1" <<END
case \$* in
  *-print-search-dirs*) echo "libraries: =/nowhere:$scratch/lib" ;;
  *)
    while read -r first rest; do
      case \$first in
        '"'*'"') name=\${first#?}; ! grep -qx -e "\${name%?}" "$scratch/things" || echo "\$first" ;;
      esac
    done ;;
esac
END
      ;;
    kpsewhich)
      command_of kpsewhich <<END
for name in "\$@"; do
  ! grep -qx -e "\$name" "$scratch/things" || echo "/texmf/\$name"
done
END
      ;;
    *.so) : >"$scratch/lib/$1" ;;
    *.*) ;;
    *) echo 'exit 0' | command_of "$1" ;;
  esac
}

# run [VARIABLE=VALUE...]
run() {
  env "$@" PATH="$bin" "$shell" "$setup" "$scratch/list" >"$scratch/said" 2>&1 </dev/null
  status=$?
}

everything='make cc plotter kpsewhich latex mine/alpha.h beta.h libbeta.so fonts.sty'
usual_list() {
  list <<'END'
# A comment.

make        cmd:make             needed    the order of things
gcc         cmd:cc               needed    the compiler
libalpha    header:mine/alpha.h  needed    numbers
libbeta     lib:beta             needed    more numbers
plotter-nox cmd:plotter          needed    the figures
tex-base    cmd:latex            optional  the paper
tex-fonts   tex:fonts.sty        optional  the fonts of the paper
END
}

without() {
  for thing in $everything; do
    case " $* " in *" $thing "*) ;; *) echo "$thing" ;; esac
  done
}
line='sudo apt-get update && sudo apt-get install -y --no-install-recommends'

# ---- the tests ----------------------------------------------------------------------------------

# shellcheck disable=SC2046,SC2086 # lists of words
cases() {
  usual_list
  fresh 1000 $everything
  run
  check 'nothing missing: exit status 0' ended 0
  check 'nothing missing: nothing said' silent
  check 'nothing missing: no apt-get' apt_untouched

  fresh 0 $everything
  run
  check 'nothing missing, as root: nothing said' silent
  check 'nothing missing, as root: no apt-get' apt_untouched

  fresh 1000 $(without plotter)
  run
  check 'a command missing, not root: failure' ended 1
  check 'a command missing, not root: the exact line' said_line "$line plotter-nox"
  check 'a command missing, not root: the way without root' said 'setup: without root, src/tools/debs.sh '
  check 'a command missing, not root: no apt-get' apt_untouched

  fresh 1000 $(without mine/alpha.h libbeta.so fonts.sty)
  run
  check 'a header, a library and fonts missing: the exact line' \
    said_line "$line libalpha libbeta tex-fonts"
  check 'a header, a library and fonts missing: failure' ended 1

  fresh 1000 $(without cc plotter)
  : >"$scratch/lib/libbeta.so"
  run
  check 'no compiler: it is in the line' said "$line gcc"

  fresh 0 $(without plotter mine/alpha.h)
  printf '%s\n' 'plotter-nox plotter' 'libalpha mine/alpha.h' >"$scratch/brings"
  run
  check 'as root: exit status 0' ended 0
  check 'as root: one line' said_line 'setup: installing libalpha plotter-nox'
  check 'as root: nothing but that line' test "$(grep -c '' "$scratch/said")" -eq 1
  check 'as root: the lists are brought up to date once' called ' update$' 1
  check 'as root: one installation, of the missing alone' \
    called 'install -y --no-install-recommends libalpha plotter-nox$' 1
  check 'as root: no other installation' called install 1

  fresh 0 $(without plotter)
  echo 'plotter-nox plotter' >"$scratch/brings"
  echo yes >"$scratch/busy"
  run
  check 'the lists of packages locked for a while: exit status 0' ended 0
  check 'the lists of packages locked for a while: a second attempt' called ' update$' 2

  fresh 0 $(without plotter)
  echo plotter-nox >"$scratch/fails"
  run
  check 'apt-get fails: failure' ended 1
  check 'apt-get fails: a sentence' said 'setup: apt-get could not install plotter-nox: '
  check "apt-get fails: apt-get's own words" said_line 'E: Unable to locate package plotter-nox'

  fresh 0 $(without plotter)
  run
  check 'installed but not usable: failure' ended 1
  check 'installed but not usable: it is named' said 'plotter-nox (cmd:plotter): the figures'

  fresh 1000 $(without latex fonts.sty)
  run
  check 'optional alone, not root: exit status 0' ended 0
  check 'optional alone, not root: the line as a hint' said_line "$line tex-base tex-fonts"
  check 'optional alone, not root: a warning' said 'setup: going on without: tex-base tex-fonts.'

  fresh 0 $(without latex)
  echo tex-base >"$scratch/fails"
  run
  check 'optional alone, not installable: exit status 0' ended 0
  check 'optional alone, not installable: a warning' said 'setup: going on without: tex-base.'

  fresh 0 $(without latex plotter)
  echo tex-base >"$scratch/fails"
  echo 'plotter-nox plotter' >"$scratch/brings"
  run
  check 'optional not installable: what is needed is installed' test -x "$bin/plotter"
  check 'optional not installable: exit status 0' ended 0

  fresh 1000 $(without plotter)
  rm "$bin/apt-get"
  run
  check 'no apt-get: failure' ended 1
  check 'no apt-get: the packages and what they are for' said 'plotter-nox (cmd:plotter): the figures'

  fresh 1000 $(without cc) gcc-of-mine
  run CC='gcc-of-mine -m64'
  check 'a compiler of the own, in CC' silent
  fresh 1000 $everything
  run CC=no-such-compiler
  check 'CC is no command: a sentence' \
    said_line 'setup: CC is "no-such-compiler", which is not a command here.'

  fresh 1000 $(without libbeta.so)
  mkdir "$scratch/own"
  : >"$scratch/own/libbeta.so"
  run LIBRARY_PATH="$scratch/own"
  check 'a library in LIBRARY_PATH' silent
  run LDFLAGS="-Wl,-O1 -L$scratch/own"
  check 'a library in LDFLAGS' silent

  if command -v flock >/dev/null; then
    fresh 0 $(without plotter)
    echo 'plotter-nox plotter' >"$scratch/brings"
    : >"$scratch/slow"
    PATH=$bin "$shell" "$setup" "$scratch/list" >"$scratch/other" 2>&1 </dev/null &
    run
    check 'two at a time: exit status 0' ended 0
    wait $!
    status=$?
    check 'two at a time: exit status 0 of the other' ended 0
    check 'two at a time: one installation' called install 1
  fi
}
cases

# Each line is wrong in one way, which the sentence after it names.
wrong_line() {
  echo "$1" | list
  run
  check "a wrong line: $1" said_line "setup: $scratch/list, line 1: $2."
  check 'a wrong line: failure' ended 1
}
fresh 0
wrong_line 'make' 'the probe "" is none of cmd:, header:, lib: and tex:'
wrong_line 'make make needed order' 'the probe "make" is none of cmd:, header:, lib: and tex:'
wrong_line 'make cmd:make the order' '"the" stands where needed or optional should'
wrong_line 'make cmd:make needed' 'what make is for is not said'
# shellcheck disable=SC2016 # nothing is to be expanded
wrong_line 'ma$(x) cmd:make needed order' '"ma$(x)" is not the name of a package'
rm "$scratch/list"
run
check 'no list: a sentence' said_line "setup: cannot read the list of packages, $scratch/list."

echo "1..$count"
[ "$failures" -eq 0 ]
