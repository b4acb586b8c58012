#!/bin/sh
# vectors.sh NAME MARKER: in a repository, prepare what makes git(1) run a
# program that makes the file MARKER.  Runs as a job, in its worktree, and
# outside as the control; with the name `list' it prints every name.
set -eu

run="touch '$2' #"		# git appends arguments
M=$2
E=evil-$1
prog()	# a program in the worktree that does it
{
	printf '#!/bin/sh\ntouch "%s"\ncat\nexit 0\n' "$M" > "$E"
	chmod +x "$E"
}
case "$1" in
list)
	sed -n 's/^\([a-z-]*\))$/\1/p' "$0" | grep -v '^list$' ;;
fsmonitor)
	git config core.fsmonitor "$run" ;;
hooks-path)
	mkdir -p hk
	for h in pre-commit post-index-change reference-transaction pre-push \
	    post-commit post-checkout; do
		printf '#!/bin/sh\ntouch "%s"\n' "$M" > "hk/$h"
		chmod +x "hk/$h"
	done
	git config core.hooksPath "$PWD/hk" ;;
hooks)
	mkdir -p .git/hooks
	for h in pre-commit post-index-change reference-transaction pre-push \
	    post-commit post-checkout prepare-commit-msg update pre-receive \
	    post-receive; do
		printf '#!/bin/sh\ntouch "%s"\n' "$M" > ".git/hooks/$h"
		chmod +x ".git/hooks/$h"
	done ;;
filter-clean)
	echo '* filter=evil' > .gitattributes
	git config filter.evil.clean "touch '$M'; cat" ;;
filter-smudge)
	echo '* filter=evil' > .gitattributes
	git config filter.evil.smudge "touch '$M'; cat" ;;
filter-process)
	echo '* filter=evil' > .gitattributes
	git config filter.evil.process "$run"
	git config filter.evil.required true ;;
attributes-in-git)
	mkdir -p .git/info
	echo '* filter=evil' > .git/info/attributes
	git config filter.evil.clean "touch '$M'; cat" ;;
textconv)
	echo '* diff=evil' > .gitattributes
	git config diff.evil.textconv "$run" ;;
diff-command)
	echo '* diff=evil' > .gitattributes
	git config diff.evil.command "$run" ;;
diff-external)
	git config diff.external "$run" ;;
merge-driver)
	echo '* merge=evil' > .gitattributes
	git config merge.evil.driver "$run" ;;
editor)
	git config core.editor "$run" ;;
gpg)
	prog
	git config gpg.program "$PWD/$E"
	git config commit.gpgSign true ;;
ssh-command)
	git config core.sshCommand "$run"
	git config remote.other.url ssh://nowhere.invalid/x ;;
git-proxy)
	prog
	git config core.gitProxy "$PWD/$E"
	git config remote.other.url git://nowhere.invalid/x ;;
upload-pack)
	git config remote.other.url "$PWD/.git"
	git config remote.other.uploadpack "$run" ;;
receive-pack)
	git config remote.other.url "$PWD/.git"
	git config remote.other.receivepack "$run" ;;
include-path)
	printf '[core]\n\tfsmonitor = "%s"\n' "$run" > "$E"
	git config include.path "$PWD/$E" ;;
include-if)
	printf '[core]\n\tfsmonitor = "%s"\n' "$run" > "$E"
	git config "includeIf.gitdir:$PWD/.path" "$PWD/$E"
	git config "includeIf.onbranch:**.path" "$PWD/$E" ;;
config-worktree)
	git config extensions.worktreeConfig true
	printf '[core]\n\tfsmonitor = "%s"\n' "$run" > .git/config.worktree ;;
pointer)
	cp -r .git evil.d
	printf '[core]\n\tfsmonitor = "%s"\n' "$run" >> evil.d/config
	rm -rf .git
	echo "gitdir: evil.d" > .git ;;
worktree-of-its-own)
	printf '[core]\n\tworktree = .\n\tfsmonitor = "%s"\n' "$run" \
	    >> .git/config ;;
embedded-bare)
	mkdir -p sub/objects sub/refs
	echo 'ref: refs/heads/main' > sub/HEAD
	: > sub/objects/x
	: > sub/refs/x
	printf '[core]\n\trepositoryformatversion = 0\n\tbare = false\n' \
	    > sub/config
	printf '\tworktree = ..\n\tfsmonitor = "%s"\n' "$run" >> sub/config ;;
environment)
	# What a shell or a tool would read, for the next git.
	printf 'export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor \\\n' > .envrc
	printf '    GIT_CONFIG_VALUE_0="%s"\n' "$run" >> .envrc ;;
*)
	echo "no vector $1" >&2
	exit 2 ;;
esac
