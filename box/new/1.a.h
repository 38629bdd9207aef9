s: x

.
end