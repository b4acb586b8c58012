#!/bin/bash
# guest.t: the installed programs on Debian's own kernel and systemd, in a
# machine that is emulated.  What is tested there is in tests/guest/run; this
# builds the machine, boots it and repeats what it said.  `make guest` runs it.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root to make a guest"
[ "$(dpkg --print-architecture)" = amd64 ] || skip_all "the guest is for amd64"
for p in qemu-system-x86_64 mmdebstrap; do
	command -v $p >/dev/null ||
	    skip_all "the packages of the guest cannot be fetched: $p is missing"
done
image=${GUEST:-${XDG_CACHE_HOME:-$HOME/.cache}/praetor/guest}
begun=$(date +%s)
# The packages of the libraries that what is tested was linked with.
libraries=$(ldd "$BUILD"/praetor* "$BUILD"/sbin/praetord "$BUILD"/tests/{sandbox,seccomp}_test \
    2>/dev/null | awk '$2 == "=>" { print "*/x86_64-linux-gnu/" $1 }' | sort -u | xargs dpkg -S |
    sed 's/:.*//' | sort -u)
# shellcheck disable=SC2086
"$SRC/tools/guest/image.sh" "$image" $libraries > "$T/out" 2>&1
case $? in
0) ;;
3) skip_all "the packages of the guest cannot be fetched: $(tail -1 "$T/out")" ;;
*) ok 1 "the guest is made"; sed 's/^/# /' "$T/out"; done_testing ;;
esac

payload=$T/payload
mkdir -p "$payload/build/tests" "$payload/src/tests"
make -s -C "$SRC" BUILD="$BUILD" DESTDIR="$payload/dest" install-programs install-files \
    > "$T/out" 2>&1 &&
    make -s -C "$SRC" BUILD="$BUILD" DESTDIR="$payload/build/stage" PREFIX=/usr \
	install-programs > "$T/out" 2>&1
ok $? "make install"
cp "$BUILD"/tests/{sandbox_test,sandbox_life_test,sandbox_probe,seccomp_test} "$payload/build/tests/"
mkdir "$payload/build/tests/escape"
cp "$BUILD"/tests/escape/{probe,keeper} "$payload/build/tests/escape/"
cp "$BUILD"/praetor-{executor,init} "$payload/build/"
cp -r "$SRC/tests/sh" "$SRC/tests/guest" "$SRC/tests/escape" "$payload/src/tests/"
ln -s src/tests/guest/run "$payload/run"
made=$(date +%s)
# Two lanes of tests, and some of them eat what they can get.
"$SRC/tools/guest/boot.py" --memory 1536 --timeout 1500 "$image" "$payload" > "$T/console" 2>&1
is $? 0 "the guest ends well"
echo "# the guest was made in $((made - begun)) s and ran for $(($(date +%s) - made)) s"

ran=0 name=
while IFS= read -r line; do
	case "$line" in
	"guest: begin "*) name=${line#guest: begin } plan= ;;
	"guest: end "*)
		[ -n "$plan" ]
		ok $? "$name: has done everything"
		is "$(cut -d' ' -f4 <<< "$line")" 0 "$name: ends well"
		echo "# ${line#guest: end }"
		ran=$((ran + 1)) ;;
	"ok "*"# SKIP void: "*) skip "${line#*# SKIP }" ;;
	1..0* | *"# SKIP"*) ok 1 "$name: nothing is skipped in the guest: $line" ;;
	1..*) plan=$line ;;
	"ok "*) ok 0 "$name: ${line#*- }" ;;
	"not ok "*) ok 1 "$name: ${line#*- }" ;;
	"#"*) echo "$line" ;;
	esac
done < "$T/console"
is $ran 12 "every test of the guest has run"
[ "${failures:-0}" -eq 0 ] || grep -v '^ok ' "$T/console" | sed 's/^/# console: /'
done_testing
