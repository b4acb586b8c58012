#!/bin/bash
# The completions: their syntax, and what bash offers.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "1..10"
n=0
ok()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

"$BUILD/praetorctl" completion bash > "$dir/bash"
bash -n "$dir/bash"
ok $? "bash reads it"
"$BUILD/praetorctl" completion zsh > "$dir/zsh"
if command -v zsh > /dev/null; then
	zsh -n "$dir/zsh"
	ok $? "zsh reads it"
else
	n=$((n + 1))
	echo "ok $n # SKIP zsh is missing"
fi

# The daemon's part: ids and names.
cat > "$dir/praetorctl" <<'E'
#!/bin/sh
case "$1" in task) echo t_1; echo t_2 ;; project) echo web ;; esac
E
chmod +x "$dir/praetorctl"
PATH=$dir:$PATH
# shellcheck source=/dev/null
. "$dir/bash"
offers()	# offers "WANTED ..." WORD...: what the last word completes to
{
	local want=$1
	shift
	COMP_WORDS=(praetorctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_praetorctl
	[ "${COMPREPLY[*]}" = "$want" ] || { echo "# got: ${COMPREPLY[*]}"; return 1; }
}
offers "task top" t
ok $? "first words"
offers "trace" task tr
ok $? "second words"
offers "--name --no-color" task add --n
ok $? "options"
offers "t_1 t_2" task trace ""
ok $? "tasks"
offers "web" task add --project ""
ok $? "values of options"
offers "t_1 t_2" --socket /x task add --name n -d ""
ok $? "after options with values"
offers "web" --no-color project show ""
ok $? "after flags"
offers "bash zsh" completion ""
ok $? "shells"
