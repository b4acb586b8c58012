#!/bin/bash
# The same in user mode with worktrees that are copies.
MODE=user WORKTREE=copy exec "$(dirname "$0")/flow.t"
