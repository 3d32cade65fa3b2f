// Package variables reads what a user says by variables of the environment to the command
// pvs and to notebooks' cells, which are programs of their own. The library under pvs/
// reads none; package lab, whose caller is a cell that cannot be given flags, asks here.
package variables
