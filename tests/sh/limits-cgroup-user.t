#!/bin/bash
# The same in user mode.
CGROUP=1 MODE=user exec "$(dirname "$0")/limits.t"
