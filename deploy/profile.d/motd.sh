# shellcheck shell=sh
# Shows the message of the day at login, on systems without update-motd(5): Fedora, RHEL, SUSE, Arch,
# Alpine and others. Install it in /etc/profile.d, with the name of your server in place of
# motd.example, and motd-get in /usr/local/bin. Login shells read it: sh, bash, dash, ksh, ash.
#
# It shows the message or nothing, takes two seconds at most, and leaves nothing behind in the shell.
# With `motd-get --no-default` it shows nothing while the initial message is in force.
case $- in
*i*) MOTD_HOST=motd.example MOTD_TIMEOUT=1 /usr/local/bin/motd-get 2>/dev/null || : ;;
esac
