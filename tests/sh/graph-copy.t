#!/bin/bash
# The same with worktrees that are copies.
WORKTREE=copy exec "$(dirname "$0")/graph.t"
