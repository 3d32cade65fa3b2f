(() => {
    const input = document.getElementById("{{.ID}}");
    const comm = globalThis?.gonb_comm;
    if (!comm || !input) { return; }
    const photo = comm.newSyncedVariable("{{.Address}}", "ready");
    input.addEventListener("change", async () => {
        // A photo of a phone is larger than what the connection takes: 1024 pixels are enough.
        const bitmap = await createImageBitmap(input.files[0]).catch(() => null);
        if (!bitmap) { photo.set("unreadable"); return; }
        const scale = Math.min(1, 1024 / Math.max(bitmap.width, bitmap.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        const pen = canvas.getContext("2d");
        pen.fillStyle = "white";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        photo.set(canvas.toDataURL("image/jpeg", 0.92));
    });
})();
