#!/usr/bin/env bash
# Keeps the state and the feeds on a branch, as its one commit, so that it grows no history and a takedown holds.
#   CONFIG, STATE_BRANCH, FEEDS  as in action.yml
# Exits with 10 where somebody else has kept a state there since restore.sh looked: two states cannot be merged.
set -euo pipefail

branch=refs/heads/$STATE_BRANCH
seen=$(git rev-parse --quiet --verify refs/feedbot/state || true)

export GIT_INDEX_FILE=$RUNNER_TEMP/feedbot/state.index
export GIT_AUTHOR_NAME="github-actions[bot]" GIT_COMMITTER_NAME="github-actions[bot]"
export GIT_AUTHOR_EMAIL="41898282+github-actions[bot]@users.noreply.github.com"
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

# With an index of its own nothing in the work tree or in the job's index changes.
rm -f "$GIT_INDEX_FILE"
feedbot --config "$CONFIG" export --out "$RUNNER_TEMP/feedbot/state.ndjson"
state=$(git hash-object -w --no-filters "$RUNNER_TEMP/feedbot/state.ndjson")
git update-index --add --cacheinfo "100644,$state,$(git rev-parse --show-prefix)state.ndjson"
if [ -d "$FEEDS" ]; then
  git add --force -- "$FEEDS"
else
  echo "::warning::There is no folder $FEEDS to keep beside the state: give the action the one of feeds.directory."
fi
commit=$(git commit-tree "$(git write-tree)" -m "State of feedbot")

# The lease makes the push fail where the branch is not what was seen, or is there although it was not.
if git push --quiet --force-with-lease="$branch:$seen" origin "$commit:$branch"; then
  git update-ref refs/feedbot/state "$commit"
  exit 0
fi
tip=$(git ls-remote origin "$branch" | cut -f 1)
if [ "$tip" = "$seen" ]; then
  echo "The state cannot be kept on $STATE_BRANCH, and git says why above: most often the job needs the permission" \
    "\`contents: write\`, or the state has become larger than the code host takes." >&2
  exit 1
fi
exit 10
