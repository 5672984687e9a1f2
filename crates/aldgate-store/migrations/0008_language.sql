-- The language in which a user last used our pages: mails that no page of hers causes speak it.
ALTER TABLE users ADD COLUMN language TEXT;
