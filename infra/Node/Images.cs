namespace AgentWarden.Node;

/// <summary>The images that a node needs, made of what is on this machine, because no registry is within its reach.</summary>
internal static class Images
{
    /// <summary>A shell and the usual programs.</summary>
    internal const string Busybox = "localhost/busybox:1";

    /// <summary>Holds a pod's namespaces. The same image: it only has to sleep.</summary>
    internal const string Pause = "localhost/pause:1";

    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\n";

    /// <summary>OpenSSL is not linked to: .NET opens it at the first TLS connection.</summary>
    private static readonly string[] OpenedAtRunTime = ["libssl.so.3", "libcrypto.so.3"];

    /// <param name="archive">The tar file to write.</param>
    /// <param name="busybox">Statically linked.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task WriteBusyboxAsync(string archive, string busybox, CancellationToken cancellation)
    {
        var programs = (await Programs.RunAsync(busybox, ["--list"], cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await ImageArchive.WriteAsync(archive, new() { Names = [Busybox, Pause], Command = ["/bin/sleep", "2147483647"] }, async layer =>
        {
            await layer.FileAsync("bin/busybox", busybox, cancellation);
            foreach (var program in programs.Where(p => p != "busybox"))
            {
                await layer.LinkAsync($"bin/{program}", "busybox", cancellation);
            }

            await layer.TextAsync("etc/passwd", Passwd, cancellation);
            await layer.SharedDirectoryAsync("tmp", cancellation);
        }, cancellation);
    }

    /// <summary>
    /// A published folder as <c>deploy/Dockerfile</c> makes it an image; in place of its base image the libraries that the folder's files
    /// are linked to, of this machine.
    /// </summary>
    internal static Task WritePublishedAsync(string archive, string folder, ImageSettings settings, CancellationToken cancellation) =>
        ImageArchive.WriteAsync(archive, settings, async layer =>
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                await layer.FileAsync(Path.Combine(settings.WorkingDirectory, Path.GetRelativePath(folder, file)), file, cancellation);
            }

            var linked = Directory.EnumerateFiles(folder).Where(f => f.EndsWith(".so", StringComparison.Ordinal) || File.GetUnixFileMode(f).HasFlag(UnixFileMode.UserExecute));
            foreach (var library in await SharedLibraries.OfAsync(linked, OpenedAtRunTime, cancellation))
            {
                await layer.FileAsync(library, library, cancellation);
            }

            await layer.TextAsync("etc/passwd", Passwd, cancellation);
            await layer.SharedDirectoryAsync("tmp", cancellation);
        }, cancellation);
}
