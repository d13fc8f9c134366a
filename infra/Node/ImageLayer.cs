using System.Formats.Tar;
using System.Text;

namespace AgentWarden.Node;

/// <summary>The one layer of an image: files that belong to root. The directories above a file are made with it.</summary>
internal sealed class ImageLayer(Stream stream) : IAsyncDisposable
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ExecutableByAll = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode WritableByAll = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly TarWriter _tar = new(stream, TarEntryFormat.Pax, leaveOpen: true);
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>A copy of a file; of a link, what it leads to.</summary>
    internal async Task FileAsync(string path, string source, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(source);
        var executable = File.GetUnixFileMode(source).HasFlag(UnixFileMode.UserExecute);
        await EntryAsync(TarEntryType.RegularFile, path, executable ? ReadableByAll | ExecutableByAll : ReadableByAll, e => e.DataStream = content, cancellation);
    }

    internal async Task TextAsync(string path, string content, CancellationToken cancellation)
    {
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(content));
        await EntryAsync(TarEntryType.RegularFile, path, ReadableByAll, e => e.DataStream = text, cancellation);
    }

    internal Task LinkAsync(string path, string target, CancellationToken cancellation) =>
        EntryAsync(TarEntryType.SymbolicLink, path, ReadableByAll | ExecutableByAll, e => e.LinkName = target, cancellation);

    /// <summary>A directory as /tmp is.</summary>
    internal Task SharedDirectoryAsync(string path, CancellationToken cancellation) =>
        EntryAsync(TarEntryType.Directory, path, ReadableByAll | ExecutableByAll | WritableByAll | UnixFileMode.StickyBit, _ => { }, cancellation);

    public ValueTask DisposeAsync() => _tar.DisposeAsync();

    private async Task EntryAsync(TarEntryType type, string path, UnixFileMode mode, Action<PaxTarEntry> fill, CancellationToken cancellation)
    {
        var name = path.TrimStart('/');
        if (!_written.Add(name))
        {
            return;
        }

        if (Path.GetDirectoryName(name) is { Length: > 0 } above)
        {
            await EntryAsync(TarEntryType.Directory, above, ReadableByAll | ExecutableByAll, _ => { }, cancellation);
        }

        // The same content makes the same image.
        var entry = new PaxTarEntry(type, name) { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch };
        fill(entry);
        await _tar.WriteEntryAsync(entry, cancellation);
    }
}
