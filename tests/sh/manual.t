#!/bin/bash
# manual.t: praetord(8) and praetord.conf(5) against the program.  Failures
# that it names: a flag or keyword without a line in its page, a line about one
# that is gone, a range or default that is another.
. "$(dirname "$0")/lib.sh"

conf="$SRC/man/praetord.conf.5" page="$SRC/man/praetord.8"
tool="$BUILD/tests/conftool"
command -v mandoc >/dev/null || skip_all "mandoc is missing"

# Words after Ic or Cm in the heads of list items, which may span Xo to Xc.
heads()
{
	awk '
	/^\.It/ { head = 1 }
	/^\.It Xo/ { long = 1 }
	/^\.Xc/ { long = 0 }
	head || long {
		key = 0
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^\.?(Ic|Cm)$/) key = 1
			else if ($i ~ /^\.?[A-Z][a-z]$/) key = 0
			else if (key && $i ~ /^[a-z][a-z-]*$/) print $i
		}
		head = 0
	}' "$1" | sort -u
}
"$tool" -k | sort -u > "$T/keywords"
heads "$conf" > "$T/heads"
is "$(comm -23 "$T/keywords" "$T/heads" | xargs)" "" \
    "every keyword has its line in praetord.conf(5)"
is "$(comm -13 "$T/keywords" "$T/heads" | xargs)" "" \
    "and every line its keyword"

# "words TAB what the page says", blocks in front of what stands in them.
awk '
function done() { if (words != "") print words "\t" text; words = text = "" }
/^\.S[hs]/ { done(); block = "" }
/^\.It/ {
	done()
	words = $0
	sub(/^\.It Ic /, "", words)
	if (words ~ /^(change|limit|retain|fair|agent) /) { split(words, w, " "); block = w[1] " "; words = "" }
	else { sub(/ (Ar|Cm) .*/, "", words); words = block words }
	next
}
!/^\.(Bl|El)/ { text = text " " $0 }
END { done() }' "$conf" > "$T/items"
"$tool" -o | while IFS=$'\t' read -r words min max dflt _; do
	said=$(awk -F '\t' -v w="$words" '$1 == w { print $2 }' "$T/items")
	dflt=${dflt/#0s/0} min=${min/#0s/0}
	case "$said" in
	*[Ff]"rom $min to $max"*"efault is $dflt."* | \
	*[Ff]"rom $min to $max"*"efault is $dflt;"* | \
	*[Ff]"rom $min to $max; the default is $dflt."* | \
	*[Ff]"rom $min to $max"*"0 for none, which is the default."* | \
	*"From 0, the default, to $max."*) ;;
	*) echo "$words: $min to $max, default $dflt" ;;
	esac
done > "$T/out"
is "$(cat "$T/out")" "" "ranges and defaults are those of the table"

sed -n 's/.*getopt(argc, argv, "\([A-Za-z:]*\)").*/\1/p' "$SRC/praetord/main.c" |
    tr -d ':\n' | fold -w1 | sort > "$T/flags"
sed -n 's/^\.It Fl \([A-Za-z]\).*/\1/p' "$page" | sort > "$T/lines"
ok $((1 - ($(wc -l < "$T/flags") > 5))) "praetord's flags are found"
is "$(comm -23 "$T/flags" "$T/lines" | xargs)" "" \
    "every flag of praetord has its line in praetord(8)"
is "$(comm -13 "$T/flags" "$T/lines" | xargs)" "" "and every line its flag"
is "$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Op Fl \([A-Za-z]*\).*/\1/p' "$page" |
    tr -d '\n' | fold -w1 | sort | xargs)" "$(xargs < "$T/flags")" \
    "the synopsis has them all"

for f in "$conf" "$page"; do
	is "$(mandoc -T lint -W warning "$f" 2>&1 | grep -v 'outdated mandoc.db')" \
	    "" "$(basename "$f") is clean"
	for s in NAME DESCRIPTION FILES EXAMPLES "SEE ALSO" CAVEATS; do
		grep -qx "\.Sh $s" "$f"
		ok $? "$(basename "$f") has $s"
	done
done
done_testing
