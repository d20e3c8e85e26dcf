# Completion of tyto in bash; the program itself knows what fits.
complete -o default -o bashdefault -C /usr/bin/tyto tyto
