// Package plaintext reads text files as people and their programs save them - with a
// byte order mark or without, in UTF-8, UTF-16 or UTF-32, with the line ends of
// Windows, Unix or the old Macintosh - as UTF-8 whose lines end in a line feed:
//
//	lines := bufio.NewScanner(plaintext.Reader(file))
//
// A file of another encoding has no mark that would tell it: its bytes come as they
// are, and whoever reads them refuses what is not UTF-8, or says that the text is
// Latin-1 ([Latin1]).
package plaintext
