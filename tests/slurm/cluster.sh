#!/usr/bin/env bash
# A SLURM of one node for the tests, on Debian, as root, without systemd.
#   cluster.sh up FOLDER     packages (slurm-wlm, munge), configuration, daemons; prints the node
#   cluster.sh down FOLDER   ends what `up` started, by process id
# Everything it writes lies in FOLDER, but for a link at /etc/slurm/slurm.conf, since the executor's
# job steps drop SLURM_CONF. `down` removes the link: SLURM's programs wait ten seconds at every call
# where they find a configuration without its controller.
set -euo pipefail
ACTION=$1
FOLDER=$2
CONF=$FOLDER/slurm.conf
LINK=/etc/slurm/slurm.conf

end() {
    local file pid
    for file in "$FOLDER"/{slurmd,slurmctld,munged}.pid; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.2
        done
        rm -f "$file"
    done
    if [ "$(readlink $LINK)" = "$CONF" ]; then
        rm $LINK
    fi
}

if [ "$ACTION" = down ]; then
    scancel --user=root 2>/dev/null || true
    end
    exit 0
fi

if [ -e $LINK ]; then
    echo "$LINK exists: this machine has a SLURM of its own" >&2
    exit 3
fi
if ! dpkg -s slurm-wlm munge >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
fi
mkdir -p "$FOLDER"/{state,spool}
trap end ERR

if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
    install -d -o munge -g munge -m 0755 /run/munge
    runuser -u munge -- /usr/sbin/munged --force --num-threads=2 --pid-file=/run/munge/munged.pid
    ln -sf /run/munge/munged.pid "$FOLDER/munged.pid"
fi

HOST=$(hostname -s)
# More processors than there are: the profile asks for eight, and the node need not have them.
cat > "$CONF" <<CONF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmdPidFile=$FOLDER/slurmd.pid
SlurmctldLogFile=$FOLDER/slurmctld.log
SlurmdLogFile=$FOLDER/slurmd.log
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
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=32 RealMemory=64000 Gres=gpu:fake:2
PartitionName=cpu Nodes=$HOST Default=YES MaxTime=1-00:00:00
PartitionName=gpu Nodes=$HOST MaxTime=1-00:00:00
CONF
printf 'NodeName=%s Name=gpu Type=fake File=/dev/%s\n' "$HOST" null "$HOST" zero > "$FOLDER/gres.conf"
echo 'CgroupPlugin=cgroup/v1' > "$FOLDER/cgroup.conf"

ln -sfn "$CONF" $LINK
slurmctld -f "$CONF"
slurmd -f "$CONF"
for _ in $(seq 60); do
    sinfo -h -p cpu -o %T 2>/dev/null | grep -qx idle && break
    sleep 0.5
done
sinfo -h -p gpu -o "%n %T %c %m %G"
sinfo -h -p cpu -o %T | grep -qx idle
