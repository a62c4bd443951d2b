// Stands for the header of that name of GNUstep's own runtime, which GNUstep's headers ask for where there are blocks.
