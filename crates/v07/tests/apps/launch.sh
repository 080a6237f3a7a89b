# Starts PROGRAM ADDRESS [APPLICATION] with the applications of pages.py in place of the program's own.
program=$1
shift
case $#$2 in
0 | 1) [ "${1#-}" != "$1" ] || set -- "${1-127.0.0.1:8888}" pages:site ;;
2site) set -- "$1" pages:site ;;
2hello) set -- "$1" pages:hello ;;
esac
exec "$program" "$@"
