#!/bin/bash
# The life of sessions once more, with worktrees that are copies, in user mode.
RIG_MODE=user RIG_WORKTREE=copy exec "$BUILD/tests/sandbox_life_test"
