# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Features as resources of Slurm, by the files of userspace/examples/slurm: a controller and a node on this machine, and jobs of
# bob's, who is in no group that could claim. Called by system.sh.
# shellcheck source=tests/vm/tap.sh
. ./tap.sh
# shellcheck source=tests/packaging/rack.sh
. ./rack.sh

files() { echo "/sys/bus/dfl/devices/$1/dflres"; }

configure() {
	mkdir -p /etc/slurm /var/spool/slurmd /var/spool/slurmctld /tmp/bob
	chown slurm /var/spool/slurmctld
	chown bob /tmp/bob
	cp examples/slurm/prolog examples/slurm/epilog examples/slurm/task-prolog examples/slurm/dflres.types examples/slurm/gres.conf \
		/etc/slurm
	cat - examples/slurm/slurm.conf >/etc/slurm/slurm.conf <<-END
		ClusterName=rack
		SlurmctldHost=rack(127.0.0.1)
		SlurmUser=slurm
		StateSaveLocation=/var/spool/slurmctld
		SlurmdSpoolDir=/var/spool/slurmd
		SlurmctldLogFile=/var/log/slurmctld.log
		SlurmdLogFile=/var/log/slurmd.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectTypeParameters=CR_Core
		SlurmdParameters=config_overrides
		MessageTimeout=60
		KillWait=2
		SchedulerParameters=sched_min_interval=100000,bf_interval=1
		NodeName=rack NodeAddr=127.0.0.1 CPUs=4 RealMemory=500 Gres=dfl:hssi:2,dfl:emif:1 State=UNKNOWN
		PartitionName=all Nodes=rack Default=YES State=UP OverSubscribe=NO
	END
	# no plugin here has cgroups, and slurmd would want D-Bus to make one of version 2
	echo CgroupPlugin=cgroup/v1 >/etc/slurm/cgroup.conf
	touch /var/log/slurmctld.log
	chown slurm /var/log/slurmctld.log
}

bobs() { as bob env -C /tmp/bob "$@"; }
# submit NAME SCRIPT: a job with a feature
submit() { bobs sbatch --parsable --job-name "$1" --output "/tmp/bob/$1" --gres=dfl:hssi:1 --wrap "$2"; }
# state JOB
state() { squeue --noheader --states all --jobs "$1" --format %T; }
state_is() { [ "$(state "$1")" = "$2" ]; }
# of the two features of that kind, how many are somebody's, and how many may be claimed by bob
owned() { dflres list --json | jq '[.features[] | select(.id == "0x30" and .owner == "user")] | length'; }
owned_is() { [ "$(owned)" = "$1" ]; }
bobs_rights() { stat -c %U "$(files "$f0")/lease" "$(files "$f1")/owner" "$(files "$f1")/lease" | grep -c bob; }
no_rights() { [ "$(bobs_rights)" = 0 ] && [ -z "$(find /run/dflres-slurm -name 'job.*')" ]; }
said() { grep -qs "$1" "/tmp/bob/$2"; }

echo rack >/proc/sys/kernel/hostname
echo 127.0.0.1 rack >>/etc/hosts
# where there are only addresses of the loopback, Slurm takes none of them for one
busybox ip address add 192.0.2.1/32 dev lo
configure
systemctl start munge
slurmctld
slurmd
node_is() { [ "$(sinfo --noheader --format %t 2>/dev/null)" = "$1" ]; }
ok "the node of Slurm is up" wait_for node_is idle
is "the node of Slurm has the features" "$(sinfo --noheader --format %G)" "dfl:hssi:2,dfl:emif:1"

# shellcheck disable=SC2016 # for the job's shell
job='echo $DFLRES_FEATURES; dflres exec $DFLRES_FEATURE_0 -- sh -c "stat -c %U \$DFLRES_FILES_0/resource0; dflres read -w 32 \$DFLRES_FEATURE_0 8"
dflres exec fme:0x30:any -- sh -c "[ \$DFLRES_FEATURE_0 = $DFLRES_FEATURE_0 ] && echo the same"
dflres exec fme:0x30:any fme:0x30:any -- true 2>/dev/null; echo two $?
dflres exec fme:0x31:any -- true 2>/dev/null; echo other $?'
is "a job claims its feature, and no other" "$(bobs srun --gres=dfl:hssi:1 sh -c "$job" 2>/dev/null)" "1
bob
0x00000000
the same
two 4
other 5"
ok "a job loses its feature with its end" wait_for no_rights
is "a job that asks for none gets none" "$(bobs srun sh -c "dflres claim $f0 2>/dev/null; echo \$? \$DFLRES_FEATURES" 2>/dev/null)" "5 0"
# shellcheck disable=SC2016
is "a job that asks for two kinds gets both" "$(bobs srun --gres=dfl:hssi:2,dfl:emif:1 \
	dflres exec fme:0x30:any fme:0x30:any fme:0x31:any -- sh -c 'echo $DFLRES_FEATURES' 2>/dev/null)" 3
wait_for no_rights

# ---- three jobs of two features ----

# shellcheck disable=SC2016
{
	first=$(submit first 'dflres exec $DFLRES_FEATURE_0 -- sleep 1000')
	second=$(submit second 'dflres claim $DFLRES_FEATURE_0; sleep 1000')
	third=$(submit third 'dflres exec --timeout 20 $DFLRES_FEATURE_0 -- sh -c "echo third; sleep 1000"')
}
ok "two of three jobs have one feature each" wait_for owned_is 2
is "the third of three jobs waits" "$(state "$first") $(state "$second") $(state "$third")" "RUNNING RUNNING PENDING"
scancel --signal KILL --full "$first"
ok "the third job starts when the holder of a lease is killed" wait_for said third third
is "the third job has what the first one had" "$(owned) $(state "$second") $(state "$third")" "2 RUNNING RUNNING"
scancel "$second"
ok "a lasting claim does not outlive its job, which is cancelled" wait_for owned_is 1
scancel "$third"
ok "no right is left of all jobs" wait_for no_rights
ok "no claim is left of all jobs" wait_for owned_is 0

# ---- too few ----

dflres claim "$f0"
bobs srun --immediate=20 --gres=dfl:hssi:2 true >/tmp/few 2>&1 &
few=$!
drained() { sinfo --noheader --format %t | grep -q drain; }
ok "what an administrator has is not given: the prolog fails, and the node is drained" wait_for drained
ok "what the prolog gave of the others is taken back" wait_for no_rights
is "the administrator's claim is untouched" "$(owner "$f0")" user
dflres release "$f0"
scancel --user bob
wait $few
scontrol update nodename=rack state=resume
finish
