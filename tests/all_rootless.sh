#!/bin/sh
# The README's way without root: somebody on a bare Debian 12 with make and gcc, and none of the other
# packages, unpacks them with debs.sh and makes an experiment: programs, results, figure, page.
# Needs what bare_system.sh does: root, debootstrap (or BARE_TARBALL) and a Debian mirror.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/bare_system.sh
. "$(dirname "$0")/bare_system.sh"
diagnose() { tail -n 8 "$log"; }
user=65534
stem=gd_two_steps

inside "$root" apt-get update || skip "no Debian mirror is reached: $(grep -m 1 '^[EW]: ' "$log")"
inside "$root" apt-get install -y --no-install-recommends make gcc libc6-dev || skip "make and gcc cannot be installed"
# a short form of the experiment, as somebody's own
sed -i -e 's/^draws .*/draws = 80/' -e 's/^steps .*/steps = 5/' -e 's/^samples .*/samples = 50/' -e 's/^shards .*/shards = 2/' \
  -e 's/^record .*/record = 0 1 2 3 5/' -e 's/^show .*/show = 0 1 2 3 5/' "$root/root/clone/experiments/$stem.conf"
mkdir "$root/home/user"
mv "$root/root/clone" "$root/home/user/clone"
chown -R $user:$user "$root/home/user"
as_user() { # as_user COMMANDS: in the clone
  inside --userspec=$user:$user "$root" sh -c "HOME=/home/user; export HOME; cd ~/clone && $1"
}
says() { grep -q -e "$1" "$log"; }

as_user "make $stem"
[ $? -ne 0 ] && says '^setup: .*src/tools/debs\.sh' && ! says '^  CC '
verdict $? "without the packages: make names the way without root, and does nothing"
as_user 'src/tools/debs.sh'
[ $? -ne 0 ] && [ "$(wc -l <"$log")" -eq 1 ] && says '^debs: usage'
verdict $? "debs.sh without a folder: a sentence"
as_user 'src/tools/debs.sh /proc/debs'
[ $? -ne 0 ] && [ "$(wc -l <"$log")" -eq 1 ] && says '^debs: /proc/debs cannot be made'
verdict $? "debs.sh with a folder that cannot be: a sentence"
as_user 'CC=nothing src/tools/debs.sh ~/none'
[ $? -ne 0 ] && [ "$(wc -l <"$log")" -eq 1 ] && says '^debs: there is no nothing' && [ ! -e "$root/home/user/none" ]
verdict $? "debs.sh without a compiler: a sentence"

as_user 'src/tools/debs.sh ~/some\ debs'
verdict $? "debs.sh, into a folder with a blank in its name"
for made in environment usr/bin/pandoc usr/bin/gnuplot usr/include/gsl/gsl_rng.h; do
  [ -e "$root/home/user/some debs/$made" ] || echo "$made is missing" >>"$log"
done
! says 'is missing$'
verdict $? "it has programs and headers"
chroot "$root" dpkg-query -W >"$log"
! says '^\(libgsl\|libopenblas\|gnuplot\|pandoc\|librsvg\)' && says '^gcc'
verdict $? "the system has none of them"
as_user ". ~/some\\ debs/environment && make $stem"
verdict $? "make $stem"
says '^10 claims: 5 supported, 5 out of scope; all as expected\.$'
verdict $? "every verdict is the expected one"
for made in data/$stem/claims.tsv figures/$stem.svg $stem.html; do
  [ -s "$root/home/user/clone/paper/companion/$made" ] || echo "$made is missing" >>"$log"
done
! says 'is missing$'
verdict $? "results, figure and page are there"

echo "1..$count"
[ $failed -eq 0 ]
