#!/bin/bash
# The same, and more, with control groups.
CGROUP=1 exec "$(dirname "$0")/limits.t"
