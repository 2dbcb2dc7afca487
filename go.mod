module github.com/kontrollrum/kontrollrum

go 1.26
