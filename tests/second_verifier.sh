#!/bin/sh
# A verifier made from docs/formats.md alone, out of openssl, jq, unzip, xxd, awk and sha256sum. It
# shares no line with ours, so that the page is known to be enough and ours is not the only judge.
# Usage: second_verifier.sh FILE FOLDER_OF_AGENT_KEYS [STORE_KEY]
# Exit 0: digests, signatures, chains and proofs hold. 1: they do not. 2: no such file format.
# 3: nobody named vouches for a signer.
set -eu
file=$1 agents=$2 store=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 strange=0

problem() { bad=1; echo "$1"; }
unreadable() { echo "$1"; exit 2; }
digest() { sha256sum "$@" | cut -c1-64; }
# Lines of hexadecimal, each of $1 bytes, to their digests, line by line.
digests() {
    rm -rf "$work/pieces"
    mkdir "$work/pieces"
    tr -d '\n' | xxd -r -p | split -b "$1" -a 6 - "$work/pieces/"
    [ -z "$(ls "$work/pieces")" ] || digest "$work"/pieces/*
}

# 1. The archive.
[ "$(head -c 2 "$file")" = PK ] || unreadable "no ZIP archive"
if [ "$(tail -c 71 "$file")" != "sha256:$(head -c -71 "$file" | digest)" ]; then
    problem "the archive was changed"
    exit 1
fi
unzip -qq "$file" -d "$work/in" || unreadable "no ZIP archive"
cd "$work/in"
main=envelope.json
[ ! -f manifest.json ] || main=manifest.json
[ -f $main ] || unreadable "neither a bundle nor a pack"
set -- $main
for one in records/*.json; do
    [ ! -f "$one" ] || set -- "$@" "$one"
done

# 2. Envelopes: one form, their payloads as files 0, 1, 2 ... beside the names of their members.
for one in "$@"; do
    cat "$one"
    echo
done > "$work/written"
jq -cS . "$@" 2> "$work/errors" | cmp -s - "$work/written" || problem "an envelope is not canonical"
[ $bad = 0 ] || exit 1
mkdir "$work/payload"
jq -r .payload "$@" | split -l 1 -a 5 - "$work/coded."
for one in "$work"/coded.*; do
    base64 -d "$one" > "$work/payload/${one##*.}"
done
digest "$work"/payload/* > "$work/numbers"
printf '%s\n' "$@" > "$work/names"
jq -r .predicateType "$work"/payload/* > "$work/kinds"
jq -r '[.signatures[] | .keyid + ":" + .sig] | join(" ")' "$@" > "$work/signatures"
ls "$work/payload" | paste -d ' ' "$work/names" - "$work/kinds" "$work/numbers" "$work/signatures" \
    > "$work/records"
manifest=$work/payload/$(ls "$work/payload" | head -n 1)
case $main/$(head -n 1 "$work/kinds") in
manifest.json/urn:evidence-agent:pack:v1 | envelope.json/urn:evidence-agent:collection:v1) ;;
*) unreadable "neither a bundle nor a pack" ;;
esac
by_store=
! jq -e '.predicate.store and .predicateType == "urn:evidence-agent:pack:v1"' "$manifest" \
    > /dev/null || by_store=yes

# Every file that the first payload names is here, and no other.
jq -r '.subject[] | .digest.sha256 + "  ./" + .name' "$manifest" > "$work/named"
{ cut -c67- "$work/named"; echo "./$main"; } | sort > "$work/expected"
find . -type f | sort | cmp -s - "$work/expected" || unreadable "a file is missing, or unnamed"
[ ! -s "$work/named" ] || sha256sum --quiet -c "$work/named" > /dev/null 2>&1 ||
    problem "a file has another digest than the one signed"

# Signatures, by keys that were brought along: the agents' and the store's apart.
mkdir "$work/agent" "$work/store"
known() { cp "$1" "$work/$2/$(openssl pkey -pubin -in "$1" -outform DER | digest)"; }
for key in "$agents"/*; do known "$key" agent; done
[ -z "$store" ] || known "$store" store
fits() { # $1 key, $2 message, $3 signature
    openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" > /dev/null 2>&1
}
while read -r name place kind number signatures; do
    [ "$name" = $main ] || [ "$name" = "records/$number.json" ] || problem "$name holds $number"
    whose=agent
    case $kind in
    *:receipt:v1) [ -n "$store" ] || continue; whose=store ;;
    *:answers:v1 | *:sign-off:v1 | *:retention:v1) whose=store ;;
    *:pack:v1) [ -z "$by_store" ] || whose=store ;;
    *:collection:v1 | *:run:v1 | *:assessment:v1 | *:decisions:v1) ;;
    *) problem "$name is of a kind this verifier does not know: $kind" ;;
    esac
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$work/payload/$place")"
      cat "$work/payload/$place"; } > "$work/message"
    vouched=
    for one in $signatures; do
        key=$work/$whose/${one%%:*}
        [ -f "$key" ] || continue
        vouched=yes
        printf %s "${one#*:}" | base64 -d > "$work/signature"
        fits "$key" "$work/message" "$work/signature" ||
            problem "a signature of $name does not fit"
    done
    [ -n "$vouched" ] || { strange=1; echo "nobody named vouches for $name"; }
done < "$work/records"

# 3. Statements: subjects are what the predicate lists.
jq -r '
    def listed(found; folder): ([found | values] | unique) as $all
        | [.subject[].digest.sha256] == $all and [.subject[].name] == ($all | map(folder + .));
    (.predicateType | split(":")[2]) as $kind | .predicate as $said
    | select(
        if $kind == "collection" then
            listed($said.asks[].capture; "captures/")
            and ([$said.asks[].capture | values] as $asked | all($said.readings[];
                .device == $said.device.id and .captures - $asked == []))
        elif $kind == "run" then listed($said.bundles[]; "bundles/")
        elif $kind == "assessment" then listed($said.readings[]; "readings/")
        elif $kind == "sign-off" then
            ([.subject[] | {(.name): .digest.sha256}] | add)
            == ($said.evidence | {members_root, judgement})
        else true end | not)
    | "the subjects of a \($kind) are not what it lists"' "$work"/payload/* > "$work/wrong"
[ ! -s "$work/wrong" ] || problem "$(cat "$work/wrong")"

root_of() { # pairs of lines become one, level by level; an odd one goes up as it is
    while [ "$(wc -l < "$1")" -gt 1 ]; do
        awk 'NR % 2 { left = $1; next } { print "01" left $1 }' "$1" | digests 65 > "$1.up"
        [ $(($(wc -l < "$1") % 2)) = 0 ] || tail -n 1 "$1" >> "$1.up"
        mv "$1.up" "$1"
    done
    cat "$1"
}

# What was deleted: the blobs that two people agreed on, by their root.
grep -n ':retention:v1$' "$work/kinds" | cut -d: -f1 | while read -r line; do
    step=$work/payload/$(ls "$work/payload" | sed -n "${line}p")
    jq -r '"00" + .subject[].digest.sha256' "$step" | digests 33 > "$work/blobs"
    root=$(root_of "$work/blobs")
    jq -r --arg root "${root:-$(digest < /dev/null)}" '.subject as $blobs | .predicate
        | select((.act == "deleted" or .act == "lifted")
            and (.asked_by.account // .person.account) == .person.account
            or .blobs_root != $root or any($blobs[]; .name != "blobs/" + .digest.sha256))
        | "\(.act) by one person, or of other blobs than were agreed on"' "$step"
done > "$work/wrong"
[ ! -s "$work/wrong" ] || problem "$(cat "$work/wrong")"

# Of each agent only the earliest run may name one before it that is not here.
paste "$work/kinds" "$work/numbers" | awk '$1 ~ /:run:v1$/ { print $2 }' > "$work/runs"
jq -r 'select(.predicateType | endswith(":run:v1")) | .predicate
       | .agent + " " + (.previous // "none")' "$work"/payload/* > "$work/before"
awk 'NR == FNR { here[$1]; next } !($2 in here) && loose[$1]++ { lost = 1 } END { exit lost }' \
    "$work/runs" "$work/before" || problem "a run is missing"

# What people are taken to have said stands in a signed record.
jq -cS 'select(.predicate.dispositions) | .predicate.dispositions[]' "$work"/payload/* > "$work/said"
jq -r 'select(.predicateType | endswith(":assessment:v1")) | .predicate.inputs.dispositions // empty' \
    "$work"/payload/* | while read -r input; do
    [ ! -f "inputs/$input" ] || jq -cS '.[]' "inputs/$input"
done > "$work/taken"
awk 'NR == FNR { said[$0]; next } !($0 in said) { odd = 1 } END { exit odd }' \
    "$work/said" "$work/taken" || problem "what people are taken to have said is nowhere signed"

# 4. The log: each receipt's entry, up to the root its receipt names.
# Lines `place last wanted root sibling...` climb together, a level at a time; those that do not
# arrive are printed.
climb() {
    while [ -s "$1" ]; do
        awk '$2 < 0 || $1 > $2 || (NF == 4 && ($2 != 0 || $3 != $4)) || (NF > 4 && $2 == 0)' "$1"
        awk '$1 <= $2 && NF > 4 && $2 > 0 {
            place = $1; last = $2
            if (place % 2 || place == last) {
                print "01" $5 $4 > hex
                while (place % 2 == 0 && place > 0) { place = int(place / 2); last = int(last / 2) }
            } else print "01" $4 $5 > hex
            rest = ""
            for (i = 6; i <= NF; i++) rest = rest " " $i
            print int(place / 2), int(last / 2), $3 > left
            print rest > right
        }' hex="$work/hex" left="$work/left" right="$work/right" "$1"
        : > "$1"
        [ ! -f "$work/hex" ] || digests 65 < "$work/hex" | paste -d ' ' "$work/left" - "$work/right" > "$1"
        rm -f "$work/hex" "$work/left" "$work/right"
    done
}
receipts='select(.predicateType | endswith(":receipt:v1")) | .predicate'
jq -cS "$receipts | .entry" "$work"/payload/* | while read -r entry; do
    printf '\000%s' "$entry" | digest
done > "$work/leaves"
jq -r "$receipts"' | .log | "\(.index) \(.size - 1) \(.root)"' "$work"/payload/* > "$work/towards"
jq -r "$receipts"' | .log.proof | join(" ")' "$work"/payload/* > "$work/beside"
paste -d ' ' "$work/towards" "$work/leaves" "$work/beside" | sed 's/ *$//' > "$work/climbing"
[ -z "$(climb "$work/climbing")" ] || problem "the proof of a receipt does not hold"

# 5. A month in the store: two people, over one set, and the log's checkpoint.
two_people='
    def seats: [.person.account, (.deputises.account // empty)];
    $manifest[0].predicate as $claimed | . as $steps
    | ({chain: [], at: null, more: true} | until(.more | not; .at as $at
        | ([$steps[] | select(.previous == $at)] | first) as $next
        | if $next then {chain: (.chain + [$next]), at: $next.digest, more: true}
          else .more = false end) | .chain) as $chain
    | [range($chain | length) | $chain[.] as $one | {one: $one,
        before: (if . == 0 then null else $chain[. - 1] end)}
        | select(.one.step == "reviewed" or .one.step == "reopened")] as $second
    | ($chain | length) == ($steps | length)
      and all($second[];
        .before.step == (if .one.step == "reviewed" then "prepared" else "reopen_asked" end)
        and .before.evidence == .one.evidence
        and ((.one | seats) - (.before | seats)) == (.one | seats))
      and ($claimed.standing != "signed"
        or ($second[-1].one | .step == "reviewed" and .evidence == $claimed.evidence))'
if [ -n "$by_store" ]; then
    paste "$work/kinds" "$work/numbers" | sed -n 's/.*:sign-off:v1\t//p' |
        jq -R . | jq -s . > "$work/digests"
    jq -s --slurpfile digests "$work/digests" '
        [.[] | select(.predicateType | endswith(":sign-off:v1")) | .predicate]
        | [., $digests[0]] | transpose | map(.[0] + {digest: .[1]})' "$work"/payload/* > "$work/steps"
    jq -e --slurpfile manifest "$manifest" "$two_people" "$work/steps" > /dev/null ||
        problem "the steps of signing are no chain of two people over one set"

    jq -r '"00" + .[]' members.json | digests 33 > "$work/members"
    evidence=$(jq -r '.predicate.evidence | "\(.members) \(.members_root)"' "$manifest")
    [ "$evidence" = "$(wc -l < "$work/members") $(root_of "$work/members")" ] ||
        problem "members.json is not the set whose root was signed"
fi

# A note: lines that are signed, an empty one, and a line for each signature.
signed_note() { # leaves size and root of the log in $size and $root
    sed '/^$/,$d' "$1" > "$work/message"
    { read -r origin; read -r size; read -r root; } < "$work/message"
    root=$(printf %s "$root" | base64 -d | xxd -p | tr -d '\n')
    key=$(ls "$work"/store/*)
    hint=$({ printf '%s\n\001' "$origin"; openssl pkey -pubin -in "$key" -outform DER | tail -c 32; } |
        digest | cut -c1-8)
    sed -n "s|^— $origin ||p" "$1" > "$work/lines"
    while read -r line; do
        printf %s "$line" | base64 -d > "$work/signature"
        [ "$(head -c 4 "$work/signature" | xxd -p)" = "$hint" ] || continue
        tail -c +5 "$work/signature" > "$work/ed25519"
        ! fits "$key" "$work/message" "$work/ed25519" || return 0
    done < "$work/lines"
    problem "the store did not sign $1"
}
node() { printf '01%s%s' "$1" "$2" | xxd -r -p | digest; }
only_grew() { # $1 old size, $2 old root, $3 size, $4 root, then the proof
    old_size=$1 old_root=$2 new_size=$3 new_root=$4
    shift 4
    if [ "$old_size" = "$new_size" ]; then
        [ $# = 0 ] && [ "$old_root" = "$new_root" ]
        return
    fi
    # A complete old tree is a node of the new one and starts the proof unsaid.
    [ $((old_size & (old_size - 1))) != 0 ] || set -- "$old_root" "$@"
    [ $# -gt 0 ] || return 1
    place=$((old_size - 1)) last=$((new_size - 1))
    while [ $((place % 2)) = 1 ]; do place=$((place / 2)) last=$((last / 2)); done
    old=$1 new=$1
    shift
    for one in "$@"; do
        [ $last -gt 0 ] || return 1
        if [ $((place % 2)) = 1 ] || [ $place = $last ]; then
            old=$(node "$one" "$old") new=$(node "$one" "$new")
            while [ $((place % 2)) = 0 ] && [ $place -gt 0 ]; do
                place=$((place / 2)) last=$((last / 2))
            done
        else
            new=$(node "$new" "$one")
        fi
        place=$((place / 2)) last=$((last / 2))
    done
    [ $last = 0 ] && [ "$old" = "$old_root" ] && [ "$new" = "$new_root" ]
}
if [ -n "$by_store" ] && [ -n "$store" ]; then
    signed_note log/checkpoint
    whole_size=$size whole_root=$root
    jq -r "$receipts"' | .entry.digest' "$work"/payload/* | jq -R . | jq -s . > "$work/digests"
    jq -r --slurpfile digests "$work/digests" \
        '.entries as $proofs | $digests[0][] | $proofs[.] // ["none"] | join(" ")' log/proofs.json \
        > "$work/beside"
    awk -v last=$((whole_size - 1)) -v root="$whole_root" '{ print $1, last, root }' \
        "$work/towards" | paste -d ' ' - "$work/leaves" "$work/beside" |
        sed 's/ *$//' > "$work/climbing"
    [ -z "$(climb "$work/climbing")" ] || problem "a record is not under the checkpoint"
    for one in $(jq -r '.grown | keys[]' log/proofs.json); do
        signed_note "$one"
        # shellcheck disable=SC2046
        only_grew "$size" "$root" "$whole_size" "$whole_root" \
            $(jq -r --arg one "$one" '.grown[$one][]' log/proofs.json) ||
            problem "$one is of another log"
    done
fi

[ $bad = 0 ] || exit 1
[ $strange = 0 ] || exit 3
echo "holds"
