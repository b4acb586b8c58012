#!/bin/bash
# Requests and answers over real HTTP and TLS: each wire, each thing that a
# model server does, against tests/model_server.py, which refuses a request
# that a real server would refuse.
. "$(dirname "$0")/lib.sh"
tool=$BUILD/tests/wire_tool

serve()		# ARGUMENT...: $url and $server of a model server
{
	exec 6>&-
	mkfifo "$T/stdin.$#"
	"$SRC/tests/model_server.py" "$T/log" "$@" < "$T/stdin.$#" \
	    > "$T/port.$#" &
	server=$!
	exec 6> "$T/stdin.$#"
	until [ -s "$T/port.$#" ]; do kill -0 "$server" || exit 1; done
	url=http${2:+s}://localhost:$(cat "$T/port.$#")
}

declare -A paths=(
	[anthropic-messages]=v1/messages [openai-responses]=v1/responses
	[openai-chat]=v1/chat/completions
)

# The answer to a request with N rounds behind it: $out its events, $last what
# ended it.
send()		# WIRE stream|whole N BEHAVIOUR[/RUN]
{
	local what=$4
	[ "$what" != "${what%/*}" ] || what=$what/run
	code=$("$tool" ask "$1" "$2" "$3" | curl -sN --cacert "$T/ca.pem" \
	    -o "$T/body" -w '%{http_code}' --data-binary @- \
	    "$url/$what/${paths[$1]}")
	out=$("$tool" read "$1" "$2" "${code#000}" < "$T/body" |
	    grep -v '^peak')
	last=${out##*$'\n'}
}

last_is()	# WIRE MODE N BEHAVIOUR WANT
{
	send "$1" "$2" "$3" "$4"
	case $last in "$5"*) ok 0 "$1 $2 $4: $5" ;;
	*) ok 1 "$1 $2 $4: $5"; printf '# %s\n' "$code" "$out" ;; esac
}

: > "$T/ca.pem"
serve
calls='call bash {"command":"echo h'$'\303\251''llo > hello.txt"}'
the_calls() { echo "$out" | sed -nE 's/": "/":"/; s/^call [0-9] [a-z_0-9]+ /call /p'; }
the_text() { echo "$out" | sed -nE "s/^$1 [0-9] //p" | tr -d '\n'; }
for wire in "${!paths[@]}"; do
	for mode in stream whole; do
		send "$wire" $mode 0 ok
		is "$(the_calls)" "$calls" "$wire $mode: a call"
		like "$out" '^stop tool$' "$wire $mode: it waits for tools"
		is "$(the_text thinking)" "I should look first." \
		    "$wire $mode: thinking"
		is "$(echo "$out" | grep ^usage | tail -1 |
		    grep -o 'read 50.*out 20')" "read 50 write $([ "${wire%%-*}" \
		    = anthropic ] && echo 10 || echo 0) out 20" \
		    "$wire $mode: usage"
		send "$wire" $mode 3 ok
		is "$(the_text text)" 'Done: hello.txt is there.\n' \
		    "$wire $mode: the end"
		is "$last" end "$wire $mode: it is whole"
		send "$wire" $mode 0 parallel
		is "$(echo "$out" | grep -c '^call ')" 3 "$wire $mode: parallel"
		last_is "$wire" $mode 0 overflow "error overflow"
		last_is "$wire" $mode 0 auth "error auth"
		last_is "$wire" $mode 0 limit "error rate-limit"
		last_is "$wire" $mode 0 quota "error quota"
		last_is "$wire" $mode 0 overloaded "error overloaded"
		last_is "$wire" $mode 0 failed "error server"
	done
	send "$wire" stream 0 fragments
	is "$(the_calls)" "$calls" "$wire: a call in fragments"
	send "$wire" stream 0 refusal
	is "$(echo "$out" | grep '^stop')" "stop refusal" "$wire: a refusal"
	last_is "$wire" stream 0 error "error overloaded"
	last_is "$wire" stream 0 midchar "error truncated"
	last_is "$wire" stream 0 notutf8 "error utf8"
	last_is "$wire" stream 0 badjson "error json"
	last_is "$wire" stream 0 garbage "error truncated"
	last_is "$wire" whole 0 garbage "error json"
	last_is "$wire" stream 0 limit:2/$wire "error rate-limit"
	last_is "$wire" stream 0 limit:2/$wire "error rate-limit"
	last_is "$wire" stream 0 limit:2/$wire end
done
last_is anthropic-messages stream 0 cut "error truncated"
last_is openai-responses stream 0 cut "error truncated"
for wire in anthropic-messages openai-chat; do
	send $wire stream 0 full
	is "$(echo "$out" | grep '^stop')" "stop overflow" "$wire: no room left"
done
like "$("$tool" ask openai-chat stream 0 | curl -si --data-binary @- \
    "$url/reset/run/v1/chat/completions")" '^retry-after: 2' \
    "a limit says when it ends"
"$tool" ask openai-chat stream 0 |
    curl -s --data-binary @- "$url/drop/run/v1/chat/completions"
is $? 52 "a server that closes without a word"

# 200 MB: refused long before the end, in little memory.
for what in "anthropic-messages hugeline" "openai-responses hugeline" \
    "openai-chat hugetext" "anthropic-messages hugetext"; do
	# shellcheck disable=SC2086 # two words
	set -- $what
	out=$("$tool" ask "$1" stream 0 | curl -sN --data-binary @- \
	    "$url/$2/run/${paths[$1]}" | "$tool" read "$1" stream 200 | tail -2)
	like "$out" '^error limit .*more than [0-9]+ bytes in' "$what: refused"
	peak=$(echo "$out" | sed -n 's/^peak //p')
	[ "$peak" -lt 32768 ]
	ok $? "$what: memory stays small ($peak KiB)"
done

# Nothing at all: the request is there, and no byte of an answer.
"$tool" ask openai-chat stream 0 | curl -s --data-binary @- -o "$T/none" \
    "$url/hang/run/v1/chat/completions" &
curl=$!
until grep -q hang "$T/log"; do kill -0 "$curl" || break; done
kill "$curl"
wait "$curl" 2>/dev/null
[ ! -s "$T/none" ]
ok $? "a server that does not answer"

# Silence: what came before it was given at once, and the rest is missing.
for wire in "${!paths[@]}"; do
	mkfifo "$T/answer" "$T/events"
	"$tool" ask "$wire" stream 0 | curl -sN --data-binary @- \
	    -o "$T/answer" "$url/silent/run/${paths[$wire]}" &
	curl=$!
	"$tool" read "$wire" stream 200 < "$T/answer" > "$T/events" &
	exec 7< "$T/events"
	while read -r line <&7; do
		case $line in thinking*) break ;; esac
	done
	kill "$curl"
	like "$(cat <&7)" '^error truncated' "$wire: a server that goes silent"
	exec 7<&-
	rm "$T/answer" "$T/events"
	wait "$curl" 2>/dev/null
done
like "$(cat "$T/log")" '^[0-9]+ openai-chat ok 3$' "the server counts rounds"
exec 6>&-
wait "$server"

# TLS, with a throw-away CA, and answers of one's own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$T/ca.key" -out "$T/ca.pem" 2>/dev/null
echo '[{"text": "from a script"}]' > "$T/script"
serve "$T/script" "$T/ca.pem" "$T/ca.key"
send anthropic-messages stream 0 ok
is "$(the_text text)" "from a script" "over TLS, from a script"
is "$last" end "over TLS: it is whole"
exec 6>&-
wait "$server"
done_testing
