#!/bin/bash
# deps.sh WHEN...: install the Debian packages that are missing for the named
# uses (tools/packages.txt).  Asks nothing; does nothing when all are there;
# names them and fails when it may not install.  The tests start servers of
# their own: a service that comes with a package is neither started nor enabled.
set -eu
here=$(dirname "$0")
want=""
for use in "$@"; do
	want="$want $(awk -v u="$use" '$1 == u { print $2 }' "$here/packages.txt")"
done
missing=""
for pkg in $want; do
	case "$(dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null)" in
	"install ok installed") ;;
	*) case " $missing " in *" $pkg "*) ;; *) missing="$missing $pkg" ;; esac ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "missing Debian packages:$missing" >&2
	echo "install them with: sudo apt-get install$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# See invoke-rc.d(8).  Where there is one already it decides.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] && [ ! -L $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' > $policy
	chmod 755 $policy
fi
echo "installing:$missing"
# shellcheck disable=SC2086
apt-get -q -y --no-install-recommends install $missing >/dev/null 2>&1 || {
	apt-get -q update >/dev/null
	# shellcheck disable=SC2086
	apt-get -q -y --no-install-recommends install $missing >/dev/null
}
for pkg in $missing; do
	units=$(awk -v p="$pkg" '$2 == p { $1 = $2 = ""; print }' "$here/packages.txt")
	# shellcheck disable=SC2086
	[ -z "${units// }" ] || systemctl disable $units >/dev/null 2>&1 || :
done
