package index

import "errors"

// What can be the matter with an index, to be told apart with errors.Is.
var (
	// ErrNone says that a folder holds no index.
	ErrNone = errors.New("the folder holds no index")
	// ErrThere says that a folder holds an index already.
	ErrThere = errors.New("the folder holds an index already")
	// ErrUnfinished says that making the index was interrupted.
	ErrUnfinished = errors.New("making the index was interrupted")
	// ErrNewer says that a later version of this program made the index.
	ErrNewer = errors.New("the index has a newer format")
	// ErrOrigin says that vectors are of another network than the index's.
	ErrOrigin = errors.New("the vectors are of another network than the index")
	// ErrDatabase says that index.db, which holds what the index is of, cannot be read.
	ErrDatabase = errors.New("the index's database is damaged")
	// ErrCodes says that files which are derived from index.db are damaged or missing: [Writer.Compact] makes them again.
	ErrCodes = errors.New("the index's codes are damaged")
	// ErrPhoto says that a photo cannot be in an index as it is.
	ErrPhoto = errors.New("the photo cannot be indexed")
	// ErrUnknown says that the index has no such photo, product, category or field.
	ErrUnknown = errors.New("the index has none of that name")
	// ErrFull says that the disk is full.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly says that the folder may not be written.
	ErrReadOnly = errors.New("the index may not be written")
	// ErrQuery says that a search is not possible as it was asked for.
	ErrQuery = errors.New("the search is not possible")
)
