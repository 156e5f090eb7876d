#!/usr/bin/env bash
# A SLURM of two nodes for the tests, on Debian, as root, without systemd.
#   cluster.sh up FOLDER     packages (slurm-wlm, munge, iproute2), configuration, daemons; prints the nodes
#   cluster.sh start NODE FOLDER   starts a node's daemon again, after a test killed it
#   cluster.sh down FOLDER   ends what `up` started
# Each node is a network namespace with a name, an address and a table of hosts of its own; the controller
# runs outside, as on a login node. All see this machine's files. Everything it writes lies in FOLDER, but
# for the nodes' tables of hosts in /etc/netns and a link at /etc/slurm/slurm.conf, since the executor's job
# steps drop SLURM_CONF. `down` removes both: SLURM's programs wait ten seconds at every call where they
# find a configuration without its controller.
set -euo pipefail
ACTION=$1
FOLDER=${!#}
CONF=$FOLDER/slurm.conf
LINK=/etc/slurm/slurm.conf
NODES=(ariigcn1 ariigcn2)
BRIDGE=ariigcn0
NET=10.213.7

end() {
    local node file pid
    for node in "${NODES[@]}"; do
        # Jobs that a test left behind end with their node.
        ip netns pids "$node" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    done
    for file in "$FOLDER"/{slurmctld,munged}.pid; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.2
        done
        rm -f "$file"
    done
    for node in "${NODES[@]}"; do
        ip netns delete "$node" 2>/dev/null || true
        rm -rf "/etc/netns/$node"
    done
    ip link delete $BRIDGE 2>/dev/null || true
    if [ "$(readlink $LINK)" = "$CONF" ]; then
        rm $LINK
    fi
}

start() {
    # The name is the namespace's own, too: a launcher tells it to the other nodes' processes.
    ip netns exec "$1" unshare --uts sh -c "hostname $1 && exec slurmd -N $1 -f '$CONF'"
}

idle() {
    [ "$(sinfo -h -N -p cpu -o %T 2>/dev/null | grep -cx idle)" = ${#NODES[@]} ]
}

if [ "$ACTION" = down ]; then
    scancel --user=root 2>/dev/null || true
    end
    exit 0
fi

if [ "$ACTION" = start ]; then
    start "$2"
    exit 0
fi

if [ -e $LINK ]; then
    echo "$LINK exists: this machine has a SLURM of its own" >&2
    exit 3
fi
if ! dpkg -s slurm-wlm munge iproute2 >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge iproute2
fi
mkdir -p "$FOLDER"/state
trap end ERR

if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
    install -d -o munge -g munge -m 0755 /run/munge
    runuser -u munge -- /usr/sbin/munged --force --num-threads=2 --pid-file=/run/munge/munged.pid
    ln -sf /run/munge/munged.pid "$FOLDER/munged.pid"
fi

HOST=$(hostname -s)
ip link add $BRIDGE type bridge
ip address add $NET.254/24 dev $BRIDGE
ip link set $BRIDGE up
HOSTS="127.0.0.1 localhost"$'\n'"$NET.254 $HOST"
for number in "${!NODES[@]}"; do
    HOSTS+=$'\n'"$NET.$((number + 1)) ${NODES[$number]}"
done
for number in "${!NODES[@]}"; do
    node=${NODES[$number]}
    mkdir -p "/etc/netns/$node" "$FOLDER/spool/$node"
    echo "$HOSTS" > "/etc/netns/$node/hosts"
    ip netns add "$node"
    ip link add "$node" type veth peer name eth0 netns "$node"
    ip link set "$node" master $BRIDGE up
    ip -n "$node" address add "$NET.$((number + 1))/24" dev eth0
    ip -n "$node" link set eth0 up
    ip -n "$node" link set lo up
done

# More processors than there are: the profile asks for eight, and the nodes need not have them. Two shards
# of extraction do not fit on one node.
cat > "$CONF" <<CONF
ClusterName=test
SlurmctldHost=$HOST($NET.254)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool/%n
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmdPidFile=$FOLDER/slurmd.%n.pid
SlurmctldLogFile=$FOLDER/slurmctld.log
SlurmdLogFile=$FOLDER/slurmd.%n.log
SlurmdTimeout=20
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=5,sched_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MinJobAge=600
KillWait=30
GresTypes=gpu
$(for number in "${!NODES[@]}"; do
    echo "NodeName=${NODES[$number]} NodeAddr=$NET.$((number + 1)) CPUs=15 RealMemory=64000 Gres=gpu:fake:2"
done)
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1-00:00:00
PartitionName=gpu Nodes=ALL MaxTime=1-00:00:00
CONF
for node in "${NODES[@]}"; do
    printf 'NodeName=%s Name=gpu Type=fake File=/dev/%s\n' "$node" null "$node" zero
done > "$FOLDER/gres.conf"
echo 'CgroupPlugin=cgroup/v1' > "$FOLDER/cgroup.conf"

ln -sfn "$CONF" $LINK
slurmctld -f "$CONF"
for node in "${NODES[@]}"; do
    start "$node"
done
for _ in $(seq 60); do
    idle && break
    sleep 0.5
done
sinfo -h -N -p gpu -o "%n %T %c %m %G"
idle
