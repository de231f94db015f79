#!/bin/sh
# The handwritten digits in data/digits are those that their README names, to the byte. Where Debian's
# package is in the folder named by DIGITS_PACKAGE, they are made from it again.
set -u

. tests/tap.sh
make_box
readme=data/digits/README.md
package=python3-sklearn_1.2.1+dfsg-1_all.deb

checksum() { # checksum NAME: the one that the README states
  awk -F'|' -v name="$1" '$2 ~ name { gsub(/[` ]/, "", $3); print $3 }' "$readme"
}
same() { # same FILE NAME
  [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$(checksum "$2")" ]
}

same data/digits/digits.tsv digits.tsv
verdict $? "digits.tsv has the checksum of its README"

sed '2s/0/1/' data/digits/digits.tsv >"$box/changed.tsv"
same "$box/changed.tsv" digits.tsv
[ $? -eq 1 ]
verdict $? "one changed pixel is noticed"

awk -F'\t' 'NF != 65 { exit 1 } NR > 1 { n++; for (j = 2; j <= 65; j++) if ($j !~ /^[0-9]+$/ || $j > 16) exit 1 }
  END { exit !(n == 1797) }' data/digits/digits.tsv
verdict $? "1797 images of 64 pixels from 0 to 16"

name="the package's file in this form is digits.tsv"
if [ -r "${DIGITS_PACKAGE:-}/$package" ]; then
  dpkg-deb -x "$DIGITS_PACKAGE/$package" "$box/package"
  source=$box/package/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz
  sed -n '/^    zcat/,/^$/s/^    //p' "$readme" >"$box/convert.sh"
  cp "$source" "$box/digits.csv.gz"
  same "$DIGITS_PACKAGE/$package" package && same "$source" digits.csv.gz && (cd "$box" && sh convert.sh) &&
    cmp -s "$box/digits.tsv" data/digits/digits.tsv
  verdict $? "$name"
else
  skip "$name" "DIGITS_PACKAGE names no folder with $package"
fi
echo "1..$count"
[ "$failed" -eq 0 ]
