# Completion of tyto in fish; the program itself knows what fits.
function __complete_tyto
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    /usr/bin/tyto
end
complete -f -c tyto -a "(__complete_tyto)"
