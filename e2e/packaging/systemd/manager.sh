#!/bin/sh
# Runs systemd as the first process of a machine of its own, with its own processes, mounts and control
# groups, but the network of this machine. Nothing outlives this script.
#
#   manager.sh PROGRAM NODE FOLDER
#
# PROGRAM is then /opt/motd-terminal and NODE /opt/node; FOLDER/units has the units, FOLDER/etc is
# /run/motd. Prints `manager PID` once systemd has been started.
set -eu

if [ "$1" = inside ]; then
    shift
    mount --make-rprivate /
    for place in /run /opt /var/lib /sys/fs/cgroup; do mount -t tmpfs none "$place"; done
    mkdir /sys/fs/cgroup/systemd /opt/motd-terminal /run/motd
    # Control groups of version 2, or the hierarchy that systemd needs of version 1.
    mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd 2>/dev/null ||
        mount -t cgroup2 none /sys/fs/cgroup
    # The image of a container forbids packages to start services there.
    [ ! -e /usr/sbin/policy-rc.d ] || mount --bind /bin/true /usr/sbin/policy-rc.d
    touch /opt/node
    mount --bind "$1" /opt/motd-terminal
    mount --bind "$2" /opt/node
    mount --bind "$3/etc" /run/motd
    # Shared among themselves: that is how a service gets its credentials.
    mount --make-rshared /
    # `container` states that the hardware and the kernel are those of the host (systemd(1)).
    exec env -i PATH="$PATH" container=motd-test SYSTEMD_UNIT_PATH="$3/units" \
        SYSTEMD_LOG_TARGET=console \
        /lib/systemd/systemd --system --unit=basic.target --show-status=no
fi

leave() {
    kill -KILL "$manager" 2>/dev/null || true
    wait
    # A control group with processes in it cannot be removed, so leave it, and wait until all have ended.
    echo $$ >"$groups/cgroup.procs"
    until find "$own" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.05; done
}

manager=
groups=/sys/fs/cgroup/systemd
[ -d "$groups" ] || groups=/sys/fs/cgroup
own="$groups/motd-test-$$"
mkdir "$own"
trap leave EXIT
trap 'exit 0' TERM INT HUP
echo $$ >"$own/cgroup.procs"
unshare --pid --fork --kill-child=KILL --mount --mount-proc --cgroup --uts --ipc \
    sh "$0" inside "$@" </dev/null &
manager=$!
first=
while [ -z "$first" ]; do
    kill -0 "$manager"
    read -r first <"/proc/$manager/task/$manager/children" || true
done
echo "manager ${first%% *}"
wait "$manager"
