# Run by evidence-agent-host.service, as root: answers that the agent may not ask for itself.
#
# Each file is named like an ask of the platform `linux` and holds what its command said. A whole set
# is written into a folder of its own; then `current` is pointed at it, at once. A run that is cut
# off leaves the set before it, whose files say by their time how old they are.
set -eu
umask 027
cd "$RUNTIME_DIRECTORY"
new=$(mktemp -d set.XXXXXXXX)
chmod 750 "$new"

# Status 1 is an answer too: its error output says what is wrong. Any other is none.
answer() {
    name=$1
    shift
    if ! command -v "$1" >/dev/null; then
        echo "sh: $1: not found" >"$new/$name"
        return
    fi
    status=0
    "$@" >"$new/$name" 2>"$new/errors" || status=$?
    case $status in
    0) ;;
    1) cat "$new/errors" >>"$new/$name" ;;
    *)
        echo "$* failed with status $status: $(cat "$new/errors")" >&2
        rm "$new/$name"
        ;;
    esac
    rm "$new/errors"
}

answer nft_ruleset nft -j list ruleset
answer iptables_rules iptables-save -c
answer ip6tables_rules ip6tables-save -c
answer iptables_legacy_rules iptables-legacy-save -c
answer ip6tables_legacy_rules ip6tables-legacy-save -c
answer uname uname -snrm
answer uptime cat /proc/uptime
answer clock date -u +%s.%N
answer services systemctl show nftables iptables ip6tables netfilter-persistent firewalld ufw \
    -p Id,ActiveState,StateChangeTimestampMonotonic
# Kept for whoever judges what is on the air; a radio that cannot scan says so.
if command -v iw >/dev/null; then
    for interface in /sys/class/net/*/phy80211; do
        [ -e "$interface" ] || continue
        interface=${interface%/phy80211}
        answer "iw_scan.${interface##*/}" iw dev "${interface##*/}" scan
    done
fi
echo "evidence-agent-host.service, run ${INVOCATION_ID:-by hand}" >"$new/written_by"

ln -sfn "$new" next
mv -T next current
for old in set.*; do
    [ "$old" = "$new" ] || rm -r "$old"
done
