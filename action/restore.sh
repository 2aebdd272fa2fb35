#!/usr/bin/env bash
# Brings back what the last run kept on a branch (keep.sh): the state, and the feeds as they were.
#   CONFIG, STATE_BRANCH, FEEDS  as in action.yml
# refs/feedbot/state is then the commit that was found there; without a branch there is no such ref.
set -euo pipefail

tip=$(git ls-remote origin "refs/heads/$STATE_BRANCH")
if [ -z "$tip" ]; then
  git update-ref -d refs/feedbot/state # of an earlier job in this clone
  echo "There is no branch $STATE_BRANCH yet: this is the first run."
  exit 0
fi
git fetch --quiet --no-tags --depth 1 origin "+refs/heads/$STATE_BRANCH:refs/feedbot/state"
git show refs/feedbot/state:./state.ndjson | feedbot --config "$CONFIG" import --replace -
if git cat-file -e "refs/feedbot/state:./$FEEDS" 2>/dev/null; then
  git restore --source refs/feedbot/state --worktree -- "$FEEDS"
fi
