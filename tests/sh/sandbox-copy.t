#!/bin/bash
# The sandbox tests once more, in a copy for a worktree.
RIG_WORKTREE=copy exec "$BUILD/tests/sandbox_test"
